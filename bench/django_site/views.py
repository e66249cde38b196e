"""The sign page, the act of signing, the receipt."""

from secrets import token_urlsafe

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from bench.django_site.forms import SigningForm
from bench.django_site.models import Initiative, Signature, SigningLink

_FIELDS = (
    *("attempt", "company", "company_key", "uscc", "representative"),
    *("title", "phone", "ink", "publish"),
)


class SeeOther(HttpResponseRedirect):
    status_code = 303


@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, token: str) -> HttpResponse:
    link = get_object_or_404(
        SigningLink.objects.select_related("initiative__text"), token=token, revoked_at=None
    )
    initiative = link.initiative
    if not initiative.is_open:
        return render(request, "problem.html", {"problem": "签署尚未开始或已经结束"}, status=410)
    if request.method != "POST":
        form = SigningForm(initial={"attempt": token_urlsafe(16), "text": initiative.text.digest})
        return _page(request, link, form)
    form = SigningForm(request.POST)
    if not form.is_valid():
        return _page(request, link, form, status=422)
    if form.cleaned_data["text"] != initiative.text.digest:
        return _page(request, link, form, status=422, text_changed=True)
    signature, is_new = _signed(link, form)
    if not is_new and signature.attempt != form.cleaned_data["attempt"]:
        return render(request, "problem.html", {"problem": "该企业已经签署"}, status=409)
    return SeeOther(f"/r/{signature.receipt}")


@require_safe
def receipt(request: HttpRequest, receipt: str) -> HttpResponse:
    signature = get_object_or_404(Signature.objects.select_related("initiative"), receipt=receipt)
    return render(request, "receipt.html", {"signature": signature})


@transaction.atomic
def _signed(link: SigningLink, form: SigningForm) -> tuple[Signature, bool]:
    """The signature, and whether it is new; the transaction locks the database at its start."""
    data = form.cleaned_data
    signatures = Signature.objects.filter(initiative_id=link.initiative_id)
    if earlier := signatures.filter(attempt=data["attempt"]).first():
        return earlier, False
    if standing := signatures.filter(company_key=data["company_key"], stands=True).first():
        return standing, False
    Initiative.objects.filter(pk=link.initiative_id).update(total=F("total") + 1)
    number = Initiative.objects.values_list("total", flat=True).get(pk=link.initiative_id)
    signature = Signature.objects.create(
        initiative_id=link.initiative_id,
        link=link,
        text_id=link.initiative.text_id,
        number=number,
        receipt=token_urlsafe(16),
        **{name: data[name] for name in _FIELDS},
    )
    return signature, True


def _page(
    request: HttpRequest,
    link: SigningLink,
    form: SigningForm,
    *,
    status: int = 200,
    text_changed: bool = False,
) -> HttpResponse:
    context = {"link": link, "form": form, "text_changed": text_changed}
    response = render(request, "sign.html", context, status=status)
    response.headers["Cache-Control"] = "private, no-cache"
    return response
