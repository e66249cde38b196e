"""The form: the same fields and checks as Pledge's."""

import json
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from stdnum.cn import uscc as code


def check_uscc(value: str) -> None:
    if not code.is_valid(value):
        raise ValidationError("统一社会信用代码有误，请核对")


def check_ink(value: str) -> None:
    """A list of strokes, each a list of points of two or three numbers in bounds."""
    try:
        strokes = json.loads(value)
    except ValueError:
        raise ValidationError("签名无法读取，请重写") from None
    if not isinstance(strokes, list) or len(strokes) > 200:
        raise ValidationError("签名无法读取，请重写")
    for stroke in strokes:
        if not isinstance(stroke, list) or len(stroke) > 3000:
            raise ValidationError("签名无法读取，请重写")
        for point in stroke:
            if not isinstance(point, list) or not 2 <= len(point) <= 3:
                raise ValidationError("签名无法读取，请重写")
            if not all(
                isinstance(number, int | float) and 0 <= number <= 20_000 for number in point
            ):
                raise ValidationError("签名无法读取，请重写")


class SigningForm(forms.Form):
    company = forms.CharField(
        label="企业名称",
        max_length=100,
        widget=forms.TextInput(
            {
                "placeholder": "请填写营业执照上的全称",
                "autocomplete": "organization",
                "lang": "zh-CN",
            }
        ),
    )
    uscc = forms.CharField(
        label="统一社会信用代码",
        required=False,
        validators=[check_uscc],
        widget=forms.TextInput(
            {"class": "field__code", "autocomplete": "off", "autocapitalize": "characters"}
        ),
    )
    representative = forms.CharField(
        label="代表姓名",
        max_length=50,
        widget=forms.TextInput({"autocomplete": "name", "lang": "zh-CN"}),
    )
    title = forms.CharField(
        label="职务",
        required=False,
        max_length=50,
        widget=forms.TextInput({"autocomplete": "organization-title", "lang": "zh-CN"}),
    )
    phone = forms.CharField(
        label="手机号",
        required=False,
        validators=[RegexValidator(r"^\+?[0-9 -]{5,20}$", "手机号有误")],
        widget=forms.TextInput(
            {
                "type": "tel",
                "placeholder": "不公开，仅用于会务联系",
                "autocomplete": "tel",
                "inputmode": "tel",
            }
        ),
    )
    consent = forms.BooleanField(widget=forms.CheckboxInput({"value": "yes"}))
    publish = forms.BooleanField(required=False, widget=forms.CheckboxInput({"value": "yes"}))
    ink = forms.CharField(
        required=False, max_length=65536, validators=[check_ink], widget=forms.HiddenInput
    )
    attempt = forms.RegexField(r"^[A-Za-z0-9_-]{16,64}$", widget=forms.HiddenInput)
    text = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)

    def clean_company(self) -> str:
        company = "".join(unicodedata.normalize("NFKC", self.cleaned_data["company"]).split())
        if any(unicodedata.category(character) in ("Cc", "Cf", "Co") for character in company):
            raise ValidationError("企业名称中有不可见的字符")
        return company

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["company_key"] = cleaned.get("uscc") or cleaned.get("company", "")
        return cleaned
