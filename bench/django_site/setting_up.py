"""`python -m bench.django_site.setting_up FOLDER < PAGE`: the tables, and what is in them.

The text, the style sheet and the lettered title are taken from Pledge's page: both send the same.
"""

import os
import re
import sys
from pathlib import Path

import django
from django.apps import apps
from django.core.management import call_command

TOKEN = "AAAAAAABRBMHCNV4GBAR6BMF"


def main(folder: Path, page: str) -> None:
    os.environ["DJANGO_BENCH_FOLDER"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.django_site.settings"
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    templates = folder / "templates"
    templates.mkdir()
    for name, pattern in {
        "style.css": r"<style>(.*?)</style>",
        "masthead.html": r"(<header.*?</header>)",
        "pad.html": r'(<div class="field" id="ink".*?\n</div>)',
        "notice.html": r"(<details.*?</details>)",
    }.items():
        [found] = re.findall(pattern, page, re.S)
        (templates / name).write_text("{% verbatim %}" + found + "{% endverbatim %}")
    [article] = re.findall(r"<article.*?</article>", page, re.S)
    [digest] = re.findall(r'name="text" value="([0-9a-f]{64})"', page)
    [title] = re.findall(r"<title>签署《(.*?)》</title>", page)
    site = apps.get_app_config("django_site")
    text = site.get_model("TextVersion").objects.create(digest=digest, html=article)
    initiative = site.get_model("Initiative").objects.create(title=title, text=text)
    site.get_model("SigningLink").objects.create(token=TOKEN, initiative=initiative)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.stdin.read())
