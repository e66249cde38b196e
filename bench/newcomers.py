"""Names of companies for sites that many have signed.

They are composed of places, three characters, trades and legal forms, so that searches meet
frequent and rare characters as real ones do.
"""

PLACES = "北京上海天津重庆四川山东江苏浙江广东福建湖南湖北河南河北辽宁吉林陕西云南贵州安徽"
TRADES = "消防科技电子设备阀门管业门窗五金安防智能环保建材化工电缆灯具仪表机械实业工程贸易"
FORMS = ("有限公司", "股份有限公司", "有限责任公司")
FIRST, MANY = 0x4E00, 6000
"""Characters of which names are made, a rare one among them now and then."""


def company(number: int) -> str:
    """The name of the company that signed with this number."""
    place = PLACES[number * 7 % 20 * 2 :][:2]
    own = "".join(chr(FIRST + one) for one in (number * 7919 % MANY, number // MANY, number % 97))
    trade = TRADES[number * 13 % 20 * 2 :][:2]
    return place + own + trade + FORMS[number % 3]


def newcomer(number: int, size: int) -> str:
    """The name of another company, by number: anywhere among those that have signed."""
    beside = company(number * 2654435761 % size + 1)
    own = "".join(chr(FIRST + one) for one in (number % MANY, number // MANY))
    return beside[:5] + own + beside[5:]
