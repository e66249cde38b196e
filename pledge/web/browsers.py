"""What a browser calls itself, in a few words: enough to know one's own sessions by."""

import re
from gettext import NullTranslations

# The first that is found counts: many browsers also name those that they resemble.
_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("DingTalk", "DingTalk"),
    ("Lark|Feishu", "Feishu"),
    ("Edg(?:e|A|iOS)?/", "Edge"),
    ("OPR/|Opera", "Opera"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MiuiBrowser", "Mi Browser"),
    ("QQBrowser", "QQ Browser"),
    ("UCBrowser", "UC Browser"),
    ("Firefox|FxiOS", "Firefox"),
    ("Chrome|CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("OpenHarmony|HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_words(agent: str, messages: NullTranslations) -> str:
    """Such as “Chrome, Windows”; whatever says nothing of that kind is another program."""
    known = [
        next((name for pattern, name in names if re.search(pattern, agent)), "")
        for names in (_BROWSERS, _SYSTEMS)
    ]
    _ = messages.gettext
    return ", ".join(filter(None, known)) or _("Another program")
