"""The tables, with the unique constraints that judge two companies that sign at once."""

from django.db import models


class TextVersion(models.Model):
    digest = models.CharField(max_length=64, unique=True)
    html = models.TextField()


class Initiative(models.Model):
    title = models.CharField(max_length=200)
    text = models.ForeignKey(TextVersion, on_delete=models.PROTECT)
    is_open = models.BooleanField(default=True)
    total = models.PositiveIntegerField(default=0)


class SigningLink(models.Model):
    token = models.CharField(max_length=40, unique=True)
    initiative = models.ForeignKey(Initiative, on_delete=models.PROTECT)
    revoked_at = models.DateTimeField(null=True)


class Signature(models.Model):
    initiative = models.ForeignKey(Initiative, on_delete=models.PROTECT)
    link = models.ForeignKey(SigningLink, on_delete=models.PROTECT)
    text = models.ForeignKey(TextVersion, on_delete=models.PROTECT)
    number = models.PositiveIntegerField()
    attempt = models.CharField(max_length=64, unique=True)
    receipt = models.CharField(max_length=40, unique=True)
    company = models.CharField(max_length=100)
    company_key = models.CharField(max_length=100)
    """The code, or the normalised name where there is none."""
    uscc = models.CharField(max_length=18, blank=True)
    representative = models.CharField(max_length=50)
    title = models.CharField(max_length=50, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    ink = models.TextField(blank=True)
    publish = models.BooleanField(default=False)
    stands = models.BooleanField(default=True)
    signed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["initiative", "company_key"],
                condition=models.Q(stands=True),
                name="one_standing_signature_a_company",
            ),
            models.UniqueConstraint(fields=["initiative", "number"], name="numbers_are_unique"),
        )
