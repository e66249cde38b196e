"""The chart of signatures over time, as a drawing in percent: it takes the width that there is."""

from datetime import datetime, timedelta

from pledge.domain.pace import Bar, Chart
from pledge.web.contexts import ChartBar, ChartTick, ChartView

_LEFT, _TOP, _BOTTOM = 7.0, 12.0, 84.0
_GAP = 0.25
"""Of a bar's room, between it and the next."""
_TIMES = 4
_DAY = 24 * 60


def chart_view(chart: Chart, language: str, *, other_span: str) -> ChartView:
    room = (100 - _LEFT) / len(chart.bars)
    bars = tuple(
        _bar(chart, bar, _LEFT + room * place, room, language)
        for place, bar in enumerate(chart.bars)
    )
    days = {bar.starts_at.date() for bar in chart.bars}
    every = -(-len(bars) // _TIMES)
    return ChartView(
        minutes=chart.minutes,
        bars=bars,
        levels=tuple(
            ChartTick(_BOTTOM - (_BOTTOM - _TOP) * level / chart.top, str(level))
            for level in (chart.top, chart.top // 2)
        ),
        times=tuple(
            ChartTick(round(_LEFT + room * place, 2), bars[place].starts)
            for place in range(0, len(bars), every)
        ),
        left=_LEFT,
        bottom=_BOTTOM,
        peak=next(bar for bar in bars if bar.is_peak),
        day=_day(chart.bars[0].starts_at, language) if len(days) == 1 else "",
        other_span=other_span,
    )


def _bar(chart: Chart, bar: Bar, x: float, room: float, language: str) -> ChartBar:
    height = (_BOTTOM - _TOP) * bar.signed / chart.top
    ends = bar.starts_at + timedelta(minutes=chart.minutes)
    return ChartBar(
        x=round(x + room * _GAP / 2, 2),
        y=round(_BOTTOM - height, 2),
        width=round(room * (1 - _GAP), 2),
        height=round(height, 2),
        starts=_time(chart, bar.starts_at, language),
        ends=_time(chart, ends, language),
        signed=bar.signed,
        is_peak=bar is chart.peak,
    )


def _time(chart: Chart, when: datetime, language: str) -> str:
    if chart.minutes >= _DAY:
        return _day(when, language)
    if chart.bars[0].starts_at.date() == chart.bars[-1].starts_at.date():
        return f"{when:%H:%M}"
    return f"{_day(when, language)} {when:%H:%M}"


def _day(when: datetime, language: str) -> str:
    return f"{when.month}月{when.day}日" if language == "zh" else f"{when:%-d %b}"
