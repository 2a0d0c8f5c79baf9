"""What is wrong with a catalog: every kind of fault, each with its path and what to write instead."""

# The sentences stand here as people read them, each in one piece where that can be
# ruff: noqa: E501, ISC004, Q003

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core.catalog import (
    Badge,
    Cap,
    Catalog,
    Currency,
    Event,
    Ladder,
    Leaderboard,
    Metric,
    Rule,
    Streak,
    Tier,
)
from gamify_core.errors import CatalogError

LESSON = '[events.lesson]\nscore = "integer"\nprice = "number"\ntopic = "text"\ndone = "boolean"\ntags = "list"\nx = "any"\n'
MULTIPLIER = "[rewards.a]\ntype = 'points_multiplier'\nduration = '24h'\n"


def faults_of(text: str) -> list[str]:
    """Return the faults of a TOML document as sentences."""
    with pytest.raises(CatalogError) as caught:
        Catalog.from_toml(text)
    return [str(fault) for fault in caught.value.faults]


def faults_in(**sections: object) -> list[str]:
    """Return the faults of a catalog made in Python as sentences."""
    with pytest.raises(CatalogError) as caught:
        Catalog(**sections)  # type: ignore[arg-type]
    return [str(fault) for fault in caught.value.faults]


SENTENCES = [
    # keys and sections
    ("[badge.a]", "badge (line 1): unknown section 'badge'; did you mean 'badges'?"),
    (
        "zzz = 1",
        "zzz (line 1): unknown section 'zzz'; there are events, currencies, metrics, rules, streaks, ladders, badges, "
        "leaderboards, rewards, challenges, timezone, week_start, name, expect",
    ),
    ("[badges.a]\nrarety = 'rare'", "badges.a.rarety (line 2): unknown key 'rarety'; did you mean 'rarity'?"),
    ("[badges.a]\nmax_suply = 3", "badges.a.max_suply (line 2): unknown key 'max_suply'; did you mean 'max_supply'?"),
    ("[currencies.a]\nzzz = 3", "currencies.a.zzz (line 2): unknown key 'zzz'; there are name, scale, matures, expires"),
    ("badges = 3", "badges (line 1): 3 is not a table of badges; write [badges.some_code]"),
    ("[badges]\na = 3", "badges.a (line 2): 3 is not a table; write [badges.a]"),
    ("[rules]\na = 3", "rules.a (line 2): 3 is not a table; write [rules.a]"),
    ("badges = [3]", "badges[0] (line 1): 3 is not a table; write { \"code\": \"some_code\", … }"),
    ("\n[[badges]]\nname = 'A'", "badges[0] (line 2): has no code; write \"code\": \"some_code\""),
    ("[[badges]]\ncode = 'a'\n[[badges]]\ncode = 'b'\npoint = 1",
     "badges.b.point (line 5): unknown key 'point'; did you mean 'points'?"),
    # codes
    ("[badges.'First Steps']", "badges.First Steps (line 1): 'First Steps' is not a code: small letters, digits and _, "
     "a letter first, at most 64; write 'first_steps'"),
    ("[badges.'9']", "badges.9 (line 1): '9' is not a code: small letters, digits and _, a letter first, at most 64; "
     "such as 'first_steps'"),
    ("[events.'a b']", "events.a b (line 1): 'a b' is not the name of an event; letters, digits and _ . : -, "
     "a letter first, at most 64"),
    ("[metrics]\nclass = { on = 'x' }", "metrics.class (line 2): 'class' is a word of the condition language; "
     "call it class_1, say"),
    ("[currencies.streak]", "currencies.streak (line 1): a currency cannot be called 'streak', metrics are; "
     "choose another code"),
    *((f"[currencies.{code}]", f"currencies.{code} (line 1): a currency cannot be called '{code}', metrics are; "
       "choose another code") for code in ("challenge", "claim", "reward")),
    *((f"[challenges.{code}]\ngoals = 'events.count'", f"challenges.{code} (line 1): a challenge cannot be called "
       f"'{code}', metrics are; choose another code") for code in ("earned", "spent", "balance")),
    ("[challenges.class]\ngoals = 'events.count'", "challenges.class (line 1): 'class' is a word of the condition "
     "language; call it class_1, say"),
    ("[[badges]]\ncode = 'a'\n[[badges]]\ncode = 'a'", "badges.a (line 3): 'a' is declared twice; "
     "give each a code of its own"),
    # the calendar
    ("timezone = 'Europe/Pariss'", "timezone (line 1): There is no time zone 'Europe/Pariss'; "
     "did you mean 'Europe/Paris'?"),
    ("timezone = 5", "timezone (line 1): 5 is not a time zone; an IANA name such as 'Europe/Paris'"),
    ("week_start = 'sonday'", "week_start (line 1): 'sonday' is not known; did you mean 'sunday'?"),
    ("name = 5", "name (line 1): 5 is not text; write '5'"),
    # events
    ("[events.x]\nscore = 'int'", "events.x.score (line 2): 'int' is not known; did you mean 'integer'?"),
    ("[events.x]\nscore = 5", "events.x.score (line 2): 5 is not the kind of a property; write score = \"integer\""),
    ("[[events]]\ncode = 'x'\nscore = 5", "events.x.score (line 3): unknown key 'score'; there are properties"),
    ("[[events]]\ncode = 'x'\nproperties = 5", "events.x (line 1): 5 is not a table of properties; "
     "write {\"score\": \"integer\"}"),
    ("[events.x]\n'' = 'text'", "events.x (line 1): a property needs a name"),
    # metrics
    ("[metrics]\na = {}", "metrics.a.on (line 2): no event is named; write on = \"lesson_finished\", "
     "the event it listens to"),
    ("[metrics]\na = { on = 'x', sum = 'a', max = 'b' }", "metrics.a (line 2): takes sum, max of its events; "
     "write one of count, sum, max, min, latest, distinct and days"),
    ("[metrics]\na = { on = 'x', count = false }", "metrics.a (line 2): takes nothing of its events; "
     "write one of count, sum, max, min, latest, distinct and days"),
    ("[metrics]\na = { on = 'x', count = 'yes' }", "metrics.a.count (line 2): 'yes' is not true or false"),
    ("[metrics]\na = { on = 'x', sum = 5 }", "metrics.a.sum (line 2): 5 is not an expression; write \"score\""),
    ("[metrics]\na = { on = ['x', 'x'] }", "metrics.a.on (line 2): 'x' stands twice; once is enough"),
    (LESSON + "[metrics]\na = { on = 'lessen' }", "metrics.a.on (line 9): unknown event 'lessen'; "
     "did you mean 'lesson'?"),
    (LESSON + "[metrics]\na = { on = 'lesson', sum = 'topic' }", "metrics.a.sum (line 9): topic comes to text; "
     "write an expression that comes to a number"),
    (LESSON + "[metrics]\na = { on = 'lesson', distinct = 'topik' }", "metrics.a.distinct (line 9): event 'lesson' "
     "has no property 'topik' (column 1 of the text); did you mean 'topic'?"),
    (LESSON + "[metrics]\na = { on = 'lesson' }\n[rules.b]\non = 'lesson'\nwhen = 'a >= 3'\naward = 1",
     "rules.b.when (line 12): event 'lesson' has no property 'a' (column 1 of the text); "
     "a metric is read by metric(\"a\")"),
    (LESSON + "[metrics]\na = { on = 'lesson' }\n[rules.b]\non = 'lesson'\nwhen = 'metrics.a >= 3'\naward = 1",
     "rules.b.when (line 12): event 'lesson' has no property 'metrics' (column 1 of the text); "
     "a metric is read by metric(\"a\")"),
    (LESSON + "[metrics]\na = { on = 'lesson', when = 'score > 1 and metric(\"points.earned\") > 5' }",
     "metrics.a.when (line 9): metric(\"points.earned\") is not said by the event (column 22 of the text); "
     "a metric counts what events say; put the condition into a rule"),
    ("[metrics]\na = { on = 'x', sum = 'participant.level + n' }", "metrics.a.sum (line 2): participant.level is not said "
     "by the event (column 1 of the text); a metric counts what events say; put the condition into a rule"),
    ("[metrics]\na = { on = 'x', distinct = 'event.local_date' }", "metrics.a.distinct (line 2): event.local_date is not "
     "said by the event (column 1 of the text); a metric counts what events say; put the condition into a rule"),
    ("[metrics]\na = { on = 'x', max = 'event.local_hour' }", "metrics.a.max (line 2): event.local_hour is not "
     "said by the event (column 1 of the text); a metric counts what events say; put the condition into a rule"),
    ("[metrics]\na = { on = 'x', min = 'roll(1, 6)' }", "metrics.a.min (line 2): luck is not said by the event; "
     "a metric counts what events say; put the condition into a rule"),
    ("[metrics]\na = { on = 'x', when = 'n > 1 and chance(0.5)' }", "metrics.a.when (line 2): luck is not said by the "
     "event; a metric counts what events say; put the condition into a rule"),
    ("[metrics]\na = { on = 'x', when = 'metric(\"zzz\") > 1' }", "metrics.a.when (line 2): unknown metric 'zzz' "
     "(column 8 of the text); declare it: [metrics] zzz = { on = … }"),
    # what fails whatever the event, and what is not in the language
    ("[rules.a]\non = 'x'\naward = 'n // 0'", "rules.a.award (line 3): n // 0: divides by zero, whatever the event "
     "(column 1 of the text)"),
    ("[rules.a]\non = 'x'\naward = '5 + n % (2 - 2)'", "rules.a.award (line 3): n % (2 - 2): divides by zero, whatever "
     "the event (column 5 of the text)"),
    ("[rules.a]\non = 'x'\naward = '1 / 0'", "rules.a.award (line 3): 1 / 0: division by zero (1 by 0 = 0) "
     "(column 1 of the text)"),
    ("[rules.a]\non = 'x'\naward = 'n // (1 % 0)'", "rules.a.award (line 3): 1 % 0: division by zero (1 by 0 = 0) "
     "(column 7 of the text)"),
    ("[rules.a]\non = 'x'\naward = 'n + roll(6, 1)'", "rules.a.award (line 3): roll(6, 1): cannot roll from 6 to 1 "
     "(column 5 of the text); the lower bound goes first"),
    ("[rules.a]\non = 'x'\nwhen = 'lessons @ weekly >= 3'", "rules.a.when (line 3): lessons @ weekly: `@` is not part of "
     "the language (column 1 of the text); write metric(\"lessons@weekly\")"),
    ("[rules.a]\non = 'x'\nwhen = '(1 + 2) @ 3'", "rules.a.when (line 3): (1 + 2) @ 3: `@` is not part of "
     "the language (column 1 of the text); write metric(\"name@window\")"),
    ("[rules.a]\non = 'x'\nwhen = 'x.lower() == 1'", "rules.a.when (line 3): x.lower(): values have no methods "
     "(column 1 of the text); write lower(x)"),
    *((f"[rules.a]\non = 'x'\nwhen = \"{call}\"", f"rules.a.when (line 3): {call}: {why} (column 1 of the text); "
       "conditions call no Python; their functions are abs, ceil, chance, coalesce, contains, endswith, floor, has, len, "
       "lower, max, metric, min, roll, round, startswith, upper")
      for call, why in (("__import__('os')", "there is no function __import__"),
                        ("__import__('os').system('x')", "values have no methods"))),
    # rules
    ("[rules.a]\naward = 1", "rules.a.on (line 1): no event is named; write on = \"lesson_finished\", "
     "the event it listens to"),
    ("[rules.a]\non = 'x'\naward = 0", f"rules.a.award (line 3): 0 is not an amount; an amount is from 1 to {2**53 - 1}"),
    ("[rules.a]\non = 'x'\naward = 1.5", "rules.a.award (line 3): 1.5 is not an amount; "
     "write a whole number or an expression"),
    ("[rules.a]\non = 'x'\naward = true", "rules.a.award (line 3): True is not an amount; "
     "write a whole number or an expression"),
    ("[rules.a]\non = 'x'\naward = { gems = 3 }", "rules.a.award (line 3): unknown currency 'gems'; there are points"),
    ("[currencies.gems]\n[rules.a]\non = 'x'\ndeduct = { points = 3, gems = -1 }", "rules.a.deduct.gems (line 4): "
     f"-1 is not an amount; an amount is from 1 to {2**53 - 1}"),
    ("[rules.a]\non = 'x'\naward = { 'Gems!' = 3 }", "rules.a.award (line 3): 'Gems!' is not a code: small letters, "
     "digits and _, a letter first, at most 64; write 'gems'"),
    ("[currencies.gems]\n[rules.a]\non = 'x'\naward = { points = 3, gems = '1 +' }",
     "rules.a.award.gems (line 4): cannot be read: invalid syntax (column 4 of the text)"),
    (LESSON + "[rules.a]\non = 'lesson'\naward = 'done'", "rules.a.award (line 10): done comes to true or false; "
     "write an expression that comes to a number"),
    (LESSON + "[rules.a]\non = 'lesson'\nwhen = 'topic.name == 1'", "rules.a.when (line 10): topic has no parts, "
     "it is text (column 1 of the text); write topic"),
    ("[rules.a]\non = 'x'\nwhen = 'a &&b'", "rules.a.when (line 3): cannot be read: invalid syntax "
     "(column 4 of the text); write `and`, not `&&`"),
    ("[rules.a]\non = 'x'\nwhen = 5", "rules.a.when (line 3): 5 is not a condition; write one as text: \"score >= 60\""),
    ("[rules.a]\non = 'x'\nwhen = 'metric(\"lesons\") > 1'\n[metrics]\nlessons = { on = 'x' }",
     "rules.a.when (line 3): unknown metric 'lesons' (column 8 of the text); did you mean 'lessons'?"),
    ("[rules.a]\non = 'x'\nstreak = 'dayly'\n[streaks.daily]", "rules.a.streak (line 3): unknown streak 'dayly'; "
     "did you mean 'daily'?"),
    ("[rules.a]\non = 'x'\nbadge = 'b'", "rules.a.badge (line 3): unknown badge 'b'; no badge is declared"),
    ("[rules.a]\non = 'x'\ncap = 300", "rules.a.cap (line 3): 300 is not a cap; write { points = 300, per = \"daily\" }"),
    ("[rules.a]\non = 'x'\ncap = {}", "rules.a.cap (line 3): a cap without points or times bounds nothing; "
     "write points = … or times = …"),
    ("[rules.a]\non = 'x'\ncap = { point = 3, times = 1 }", "rules.a.cap.point (line 3): unknown key 'point'; "
     "did you mean 'points'?"),
    ("[rules.a]\non = 'x'\ncap = { points = 3, per = 'day' }", "rules.a.cap.per (line 3): 'day' is not known; "
     "did you mean 'daily'?"),
    ("[rules.a]\non = 'x'\ncooldown = '10'", "rules.a.cooldown (line 3): '10' is not a duration; "
     "a whole number and s, m, h, d or w, such as '24h'"),
    ("[rules.a]\non = 'x'\ncooldown = 10", "rules.a.cooldown (line 3): 10 is not a duration; "
     "a whole number and s, m, h, d or w, such as '24h'"),
    ("[rules.a]\non = 'x'\nstarts = 2026-03-01T00:00:00", "rules.a.starts (line 3): 2026-03-01T00:00:00 has no "
     "time zone; write 2026-02-14T10:00:00+01:00"),
    ("[rules.a]\non = 'x'\nends = 'soon'", "rules.a.ends (line 3): 'soon' is not an instant; "
     "write 2026-02-14T10:00:00+01:00"),
    ("[rules.a]\non = 'x'\nstarts = 2026-03-01T00:00:00Z\nends = 2026-03-01T01:00:00+01:00",
     "rules.a.ends (line 4): the rule ends before it starts; the end lies after the start"),
    ("[rules.a]\non = 'x'\nrounding = 'up'", "rules.a.rounding (line 3): 'up' is not known; "
     "one of floor, round, ceil"),
    ("[rules.a]\non = 'x'\nmint = 'b'", "rules.a.mint (line 3): unknown badge 'b'; no badge is declared"),
    ("[rules.a]\non = 'x'\nmint = 5", "rules.a.mint (line 3): 5 is not a code; a code is text such as 'first_steps'"),
    ("[rules.a]\non = 'x'\nreward = 'ten_of'\n[rewards.ten_off]\npoints_cost = 1", "rules.a.reward (line 3): "
     "unknown reward 'ten_of'; did you mean 'ten_off'?"),
    ("[rules.a]\non = 'x'\nreward = ['r', 'r']\n[rewards.r]\npoints_cost = 1", "rules.a.reward (line 3): "
     "'r' stands twice; once is enough"),
    ("[rules.a]\non = 'x'\nadvance = 'quest'", "rules.a.advance (line 3): unknown challenge 'quest'; "
     "no challenge is declared"),
    ("[rules.a]\non = 'x'\nadvance = ''", "rules.a.advance (line 3): '' is not a code: small letters, digits and _, "
     "a letter first, at most 64; such as 'first_steps'"),
    ("[rules.a]\non = 'x'\nstrict = 1", "rules.a.strict (line 3): 1 is not true or false"),
    # streaks
    ("[streaks.a]\nperiod = 'all_time'", "streaks.a.period (line 2): 'all_time' is not known; "
     "one of hourly, daily, weekly, monthly, yearly, days"),
    ("[streaks.a]\ntimezone = 'particpant'", "streaks.a.timezone (line 2): There is no time zone 'particpant'; "
     "did you mean 'participant'?"),
    ("[streaks.a]\nday_start = '4:00'", "streaks.a.day_start (line 2): '4:00' is not a time of day; write \"04:00\""),
    ("[streaks.a]\nrest_days = ['monday', 'monday']", "streaks.a.rest_days (line 2): 'monday' stands twice; "
     "once is enough"),
    ("[streaks.a]\nrest_days = ['monday','tuesday','wednesday','thursday','friday','saturday','sunday']",
     "streaks.a.rest_days (line 2): a streak that rests every day asks for nothing; leave a day out"),
    ("[streaks.a]\nperiod = 'weekly'\nrest_days = ['monday']", "streaks.a.rest_days (line 3): only a daily streak "
     "has rest days; write period = \"daily\""),
    ("[streaks.a]\nwhen = 'x > 1'", "streaks.a.when (line 2): is asked by no event; "
     "name the events in on, or use a rule"),
    ("[streaks.a]\ngrace_period_hours = -1", "streaks.a.grace_period_hours (line 2): -1 is not a whole number "
     "from 0 to 100000"),
    (LESSON + "[streaks.a]\non = 'lesson'\nwhen = 'scor > 1'", "streaks.a.when (line 10): event 'lesson' has no "
     "property 'scor' (column 1 of the text); did you mean 'score'?"),
    # ladders
    ("[ladders.a]", "ladders.a.tiers (line 1): a ladder needs tiers; write tiers = { bronze = 0, silver = 100 }"),
    ("[ladders.a]\ntiers = 5", "ladders.a.tiers[0] (line 2): 5 is not a tier; "
     "write Tier(\"gold\", min_points=2000)"),
    ("[ladders.a]\ntiers = [5]", "ladders.a.tiers[0] (line 2): 5 is not a tier; "
     "write Tier(\"gold\", min_points=2000)"),
    ("[ladders.a]\ntiers = { b = -1 }", f"ladders.a.tiers.b.min_points (line 2): -1 is not a whole number from 0 to {2**53 - 1}"),
    ("[ladders.a]\ntiers = { b = 1, c = 1 }", "ladders.a.tiers.c.min_points (line 2): c needs 1, and so does b; "
     "min_points rise from tier to tier"),
    ("[ladders.a.tiers.b]\nmin_points = 1\nlevel = 4\n[ladders.a.tiers.c]\nmin_points = 2\nlevel = 4",
     "ladders.a.tiers.c.level (line 6): c is level 4 and stands above b, level 4; levels rise with min_points"),
    ("[[ladders.a.tiers]]\ncode = 'b'\n[[ladders.a.tiers]]\ncode = 'b'\nmin_points = 3",
     "ladders.a.tiers.b (line 1): tier 'b' is declared twice; give each tier a code of its own"),
    ("[ladders.a]\ntiers = { 'B!' = 1 }", "ladders.a.tiers.B! (line 2): 'B!' is not a code: small letters, digits and "
     "_, a letter first, at most 64; write 'b'"),
    ("[ladders.a]\ntiers = { b = 1 }\nmetric = 'points.earnt'", "ladders.a.metric (line 3): unknown metric "
     "'points.earnt'; did you mean 'points.earned'?"),
    ("[streaks.s]\n[ladders.a]\ntiers = { b = 1 }\nmetric = 'streak.s'", "ladders.a.metric (line 4): streak.s falls "
     "without anybody doing anything; write 'streak.s.longest'"),
    ("[ladders.a]\ntiers = { b = 1 }\nmetric = 'points.balance@weekly'", "ladders.a.metric (line 3): points.balance has "
     "no windows, only leaderboards keep its periods; write 'points.balance'"),
    ("[ladders.a]\ntiers = { b = 1 }\ndemotion = 'always'", "ladders.a.demotion (line 3): 'always' is not known; "
     "one of never, immediate, at_review"),
    # badges
    ("[badges.a]\npoints = -5", f"badges.a.points (line 2): -5 is not an amount; an amount is from 1 to {2**53 - 1}"),
    ("[badges.a]\npoints = 'many'", "badges.a.points (line 2): 'many' is not an amount; "
     "write a whole number; a rule can reckon one"),
    ("[badges.a]\npoints = 1.5", "badges.a.points (line 2): 1.5 is not an amount; write a whole number"),
    ("[badges.a]\npoints = { gem = 1 }\n[currencies.gems]", "badges.a.points (line 2): unknown currency 'gem'; "
     "did you mean 'gems'?"),
    ("[badges.a]\ncriteria = 'lessons < 5'", "badges.a.criteria (line 2): lessons < 5: criteria are thresholds "
     "(column 1 of the text); write metric >= number, joined by and / or; anything else is a rule's `when`"),
    ("[badges.a]\ncriteria = 'lessons >= 5'", "badges.a.criteria (line 2): unknown metric 'lessons'; "
     "declare it: [metrics] lessons = { on = … }"),
    ("[badges.a]\ncriteria = 'events.count@weakly >= 5'", "badges.a.criteria (line 2): unknown window '@weakly'; "
     "did you mean 'events.count@weekly'?"),
    ("[badges.a]\ncriteria = 'events.count@season >= 5'", "badges.a.criteria (line 2): unknown window '@season'; "
     "a window is one of hourly, daily, weekly, monthly, yearly, a season of a leaderboard, or last_30d, say"),
    ("[badges.a]\ncriteria = 'points.earned@last_90d >= 5'", "badges.a.criteria (line 2): a threshold on the last days "
     "would be lost by time alone, when nothing moves; write 'points.earned@monthly', or ask "
     "metric(\"points.earned@last_90d\") in the `when` of a rule"),
    ("[currencies.gems]\n[badges.a]\ncriteria = 'gem.earned@daily >= 5'", "badges.a.criteria (line 3): unknown currency "
     "'gem'; did you mean 'gems.earned@daily'?"),
    ("[streaks.daily]\n[badges.a]\ncriteria = 'streak.daily@weekly >= 5'", "badges.a.criteria (line 3): streak.daily has "
     "no windows, only leaderboards keep its periods; write 'streak.daily'"),
    ("[leaderboards.a]\nties = '" + "x" * 300 + "'", f"leaderboards.a.ties (line 2): {'x' * 57!r}... is not known; "
     "one of competition, dense, ordinal"),
    ("[badges.a]\nmax_supply = 0", f"badges.a.max_supply (line 2): 0 is not a whole number from 1 to {2**53 - 1}"),
    ("[badges.a]\ntransferable = 'no'", "badges.a.transferable (line 2): 'no' is not true or false"),
    ("[badges.a]\npermanent = 0", "badges.a.permanent (line 2): 0 is not true or false"),
    ("[badges.a]\ncriteria = 'challenge.quest >= 1'", "badges.a.criteria (line 2): unknown metric 'challenge.quest'; "
     "declare it: [challenges.quest]"),
    ("[badges.a]\ncriteria = 'streak.daily.longest >= 1'", "badges.a.criteria (line 2): unknown metric "
     "'streak.daily.longest'; declare it: [streaks.daily]"),
    ("[badges.a]\ncriteria = 'streak >= 1'", "badges.a.criteria (line 2): unknown metric 'streak'; "
     "declare it: [metrics] streak = { on = … }"),
    ("[challenges.quest]\ngoals = 'events.count'\n[badges.a]\ncriteria = 'challenge.qest >= 1'",
     "badges.a.criteria (line 4): unknown metric 'challenge.qest'; did you mean 'challenge.quest'?"),
    ("[badges.a]\nsecret = 'yes'", "badges.a.secret (line 2): 'yes' is not true or false"),
    ("[badges.a]\nname = \"a\\u0000b\"", "badges.a.name (line 2): contains a NUL character"),
    # leaderboards
    ("[leaderboards.a]\nmetric = 'points.earned@weekly'", "leaderboards.a.metric (line 2): a leaderboard keeps periods "
     "of its own; write metric = 'points.earned' and period = 'weekly'"),
    ("[leaderboards.a]\nperiods = ['hourly']", "leaderboards.a.periods (line 2): 'hourly' is not known; "
     "one of all_time, yearly, monthly, weekly, daily, days, season"),
    ("[leaderboards.a]\nperiod = 'week'", "leaderboards.a.period (line 2): 'week' is not known; "
     "did you mean 'weekly'?"),
    ("[leaderboards.a]\nties = 'sparse'", "leaderboards.a.ties (line 2): 'sparse' is not known; "
     "one of competition, dense, ordinal"),
    # rewards
    ("[rewards.a]\ntype = 'cupon'", "rewards.a.type (line 2): 'cupon' is not known; did you mean 'coupon'?"),
    ("[rewards.a]\npoints_cost = -1", f"rewards.a.points_cost (line 2): -1 is not a whole number from 0 to {2**53 - 1}"),
    ("[rewards.a]\npoints_cost = 1.5", f"rewards.a.points_cost (line 2): 1.5 is not a whole number from 0 to {2**53 - 1}"),
    ("[rewards.a]\nmax_claims_per_user = 0", "rewards.a.max_claims_per_user (line 2): 0 is not a whole number "
     f"from 1 to {2**53 - 1}"),
    ("[rewards.a]\ntotal_inventory = -1", "rewards.a.total_inventory (line 2): -1 is not a whole number "
     f"from 0 to {2**53 - 1}"),
    ("[rewards.a]\nis_active = 1", "rewards.a.is_active (line 2): 1 is not true or false"),
    ("[rewards.a]\ncurrency = 'gem'\n[currencies.gems]", "rewards.a.currency (line 2): unknown currency 'gem'; "
     "did you mean 'gems'?"),
    ("[rewards.a]\ncurrency = 5", "rewards.a.currency (line 2): 5 is not a code; a code is text such as 'first_steps'"),
    ("[rewards.a]\npoints = 5", "rewards.a.points (line 2): unknown key 'points'; did you mean 'points_cost'?"),
    (MULTIPLIER, "rewards.a.factor (line 1): a points_multiplier needs a factor; write factor = 1.5, say"),
    (MULTIPLIER.replace("duration = '24h'", "factor = 2"), "rewards.a.duration (line 1): a points_multiplier needs a "
     "duration; write duration = \"24h\", say"),
    *((MULTIPLIER + f"factor = {factor}", f"rewards.a.factor (line 4): {told} is not a factor; "
       "write 1.5, say: more than 0, 1000 at most, with no more than 6 decimals")
      for factor, told in (("0", "'0'"), ("0.0", "'0'"), ("-2", "'-2'"), ("1000.000001", "'1000.000001'"), ("1001", "'1001'"),
                           ("1.0000001", "'1.0000001'"), ("'twice'", "'twice'"), ("true", "True"), ("nan", "nan"),
                           ("inf", "inf"), ("'1e999999999'", "'1e999999999'"), ("1e30", "1e+30"), ("[]", "a list"))),
    *((MULTIPLIER.replace("24h", span) + "factor = 2", f"rewards.a.duration (line 3): nothing lasts {span}; "
       "write '1s' to '36525d'") for span in ("0h", "36526d", "999999999w")),
    (MULTIPLIER.replace("24h", "a day") + "factor = 2", "rewards.a.duration (line 3): 'a day' is not a duration; "
     "a whole number and s, m, h, d or w, such as '24h'"),
    (MULTIPLIER + "factor = 2\nmultiplies = 'gem'\n[currencies.gems]", "rewards.a.multiplies (line 5): unknown currency "
     "'gem'; did you mean 'gems'?"),
    (MULTIPLIER + "factor = 2\nstacking = 'heighest'", "rewards.a.stacking (line 5): 'heighest' is not known; "
     "did you mean 'highest'?"),
    (MULTIPLIER + "factor = 2\nrounding = 'up'", "rewards.a.rounding (line 5): 'up' is not known; "
     "one of floor, round, ceil"),
    *((f"[currencies.gems]\n[rewards.a]\ntype = 'voucher'\n{field} = {value}", f"rewards.a.{field} (line 4): "
       "a voucher reward multiplies nothing; write type = \"points_multiplier\", or leave it out")
      for field, value in (("factor", "2"), ("duration", "'1h'"), ("multiplies", "'gems'"), ("stacking", "'add'"),
                           ("rounding", "'ceil'"))),
    ("[rewards.a]\nfactor = -1", "rewards.a.factor (line 2): '-1' is not a factor; "
     "write 1.5, say: more than 0, 1000 at most, with no more than 6 decimals"),
    ("[rewards.a]\ntype = 'multiplier'\nfactor = 2", "rewards.a.type (line 2): 'multiplier' is not known; "
     "did you mean 'points_multiplier'?"),
    # challenges
    ("[challenges.a]", "challenges.a.goals (line 1): a challenge needs goals; write goals = \"lessons >= 10\", say"),
    ("[challenges.a]\ngoals = ' '", "challenges.a.goals (line 2): ' ' is not a goal; write goals = \"lessons >= 10\", say"),
    ("[challenges.a]\ngoals = 10", "challenges.a.goals (line 2): 10 is not a goal; write goals = \"lessons >= 10\", say"),
    ("[challenges.a]\ncriteria = 'events.count'\ngoals = 'events.count'", "challenges.a.criteria (line 2): unknown key "
     "'criteria'; there are goals, name, description, period, starts, ends, points, badge, reward, is_active, "
     "display_order"),
    ("[challenges.a]\ngoals = 'events.count <= 3'", "challenges.a.goals (line 2): events.count <= 3: criteria are "
     "thresholds (column 1 of the text); write metric >= number, joined by and / or; anything else is a rule's `when`"),
    ("[challenges.a]\ngoals = 'lesons >= 3'\n[metrics]\nlessons = { on = 'x' }", "challenges.a.goals (line 2): "
     "unknown metric 'lesons'; did you mean 'lessons'?"),
    ("[challenges.a]\ngoals = 'events.count@weekly >= 3'", "challenges.a.goals (line 2): the challenge has the window, "
     "its goals have none; write 'events.count' and period = 'weekly'"),
    ("[challenges.a]\ngoals = 'events.count@weakly >= 3'", "challenges.a.goals (line 2): the challenge has the window, "
     "its goals have none; write 'events.count'"),
    ("[challenges.a]\ngoals = 'points.balance@daily >= 3'", "challenges.a.goals (line 2): the challenge has the window, "
     "its goals have none; write 'points.balance' and period = 'daily'"),
    ("[challenges.a]\ngoals = 'events.count'\nperiod = 'week'", "challenges.a.period (line 3): 'week' is not known; "
     "did you mean 'weekly'?"),
    ("[challenges.a]\ngoals = 'events.count'\nstarts = 2026-03-01T00:00:00Z\nends = 2026-02-28T23:00:00Z",
     "challenges.a.ends (line 4): the challenge ends before it starts; the end lies after the start"),
    ("[challenges.a]\ngoals = 'events.count'\nstarts = 2026-03-01T00:00:00\nends = 2026-02-28T22:00:00Z",
     "challenges.a.starts (line 3): 2026-03-01T00:00:00 has no time zone; write 2026-02-14T10:00:00+01:00"),
    ("[challenges.a]\ngoals = 'events.count'\npoints = 1.5", "challenges.a.points (line 3): 1.5 is not an amount; "
     "write a whole number"),
    ("[challenges.a]\ngoals = 'events.count'\npoints = { gems = 3 }", "challenges.a.points (line 3): unknown currency "
     "'gems'; there are points"),
    ("[challenges.a]\ngoals = 'events.count'\nbadge = 'b'", "challenges.a.badge (line 3): unknown badge 'b'; "
     "no badge is declared"),
    ("[challenges.a]\ngoals = 'events.count'\nreward = 'r'", "challenges.a.reward (line 3): unknown reward 'r'; "
     "no reward is declared"),
    ("[challenges.a]\ngoals = 'events.count'\nis_active = 'no'", "challenges.a.is_active (line 3): 'no' is not true "
     "or false"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), SENTENCES, ids=[text[-60:] for text, _ in SENTENCES])
def test_each_mistake_is_told_once_with_its_remedy(text: str, sentence: str) -> None:
    """One mistake is one fault: its path, its line, what is wrong and what to write instead."""
    assert faults_of(text) == [sentence]


def test_all_faults_at_once_in_the_order_of_the_file() -> None:
    """A designer sees everything that is wrong with one look, also several things within one expression."""
    text = LESSON + (
        "[rules.a]\non = 'lessn'\naward = -1\n"
        "[rules.b]\non = 'lesson'\nwhen = '''\nscoer > 1\n  and topic > 5'''\nstreek = 'daily'\n[badges.c]\npoints = 0.5"
    )
    assert faults_of(text) == [
        "rules.a.on (line 9): unknown event 'lessn'; did you mean 'lesson'?",
        f"rules.a.award (line 10): -1 is not an amount; an amount is from 1 to {2**53 - 1}",
        "rules.b.when (line 14): event 'lesson' has no property 'scoer' (column 1 of the text); did you mean 'score'?",
        'rules.b.when (line 15): topic (text) and 5 (a number) cannot be compared (column 7 of the text); write "5"',
        "rules.b.streek (line 16): unknown key 'streek'; did you mean 'streak'?",
        "badges.c.points (line 18): 0.5 is not an amount; write a whole number",
    ]


def test_the_error_counts_and_lists() -> None:
    """The error itself reads as a list, and its faults are at hand as values."""
    with pytest.raises(CatalogError) as caught:
        Catalog.from_toml("[badge.a]\n[badges.a]\npoints = -1")
    assert str(caught.value).splitlines() == [
        "catalog: 2 faults",
        "  badge (line 1): unknown section 'badge'; did you mean 'badges'?",
        f"  badges.a.points (line 3): -1 is not an amount; an amount is from 1 to {2**53 - 1}",
    ]
    assert [(fault.path, fault.line) for fault in caught.value.faults] == [
        ("badge", 1),
        ("badges.a.points", 3),
    ]


def test_a_property_has_to_be_there_for_every_event() -> None:
    """A rule on two events may ask only for what both have; an event that declares nothing has everything."""
    events = [Event("a", score=int), Event("b", topic=str), Event("c")]
    assert faults_in(events=events, rules=[Rule("r", ["a", "b", "c"], "score > 1", 1)]) == [
        "rules.r.when: event 'b' has no property 'score' (column 1); it has topic"
    ]
    Catalog(events=events, rules=[Rule("r", ["a", "c"], "score > 1", 1)])


@pytest.mark.parametrize(
    "award",
    [
        "n // 1",
        "roll(1, 6)",
        "roll(n, 1)",
        "n // (n - n)",
        "5 if 1 < 2 else 1 / 0",
        "coalesce(n, 0) // 2",
        'n // metric("events.count")',
    ],
)
def test_what_may_be_worked_out_is_left_alone(award: str) -> None:
    """Only what fails whatever the event is a fault: not what some event works out, nor what is never reached."""
    assert Catalog(rules=[Rule("r", "x", award=award)]).notes == ()


KINDS_MISSPELT = ["intger", "", "int", "\0", 5, None, [], {}, True, object(), "integer", "text"]
SOURCES = ["10 + score // 10", "score", "score + 'a'", "score > 5", "-score", "score.deep", "score in (1, 2)",
           "'a' in score", "score if score else 1", "coalesce(score, 1) * 2", "not score"]  # fmt: skip


@given(st.sampled_from(KINDS_MISSPELT), st.sampled_from(KINDS_MISSPELT), st.sampled_from(SOURCES))
def test_a_misspelt_kind_is_one_fault_wherever_the_property_is_used(
    first: object, second: object, source: str
) -> None:
    """Of a kind that is not known anything may come: the kind is told, and its uses are neither faults nor crashes."""
    events = [Event("e", score=first), Event("f", score=second)]  # type: ignore[arg-type]
    listening = {
        "rules": [Rule("r", ["e", "f"], source, source)],
        "metrics": [Metric("m", ["e"], sum=source, when=source)],
    }
    wrong = [kind not in ("integer", "text") for kind in (first, second)]
    if all(wrong):
        found = faults_in(events=events, **listening)
        assert [fault.split(":")[0] for fault in found if fault.startswith("events")] == [
            "events.e.score",
            "events.f.score",
        ]
        kindless = faults_or_none(events=[Event("e", score="any"), Event("f", score="any")], **listening)
        assert found[2:] == kindless
    elif any(wrong):
        assert any(fault.startswith("events.") for fault in faults_in(events=events, **listening))
    else:
        faults_or_none(events=events, **listening)


def faults_or_none(**sections: object) -> list[str]:
    """Return the faults of a catalog made in Python, which may have none."""
    try:
        Catalog(**sections)  # type: ignore[arg-type]
    except CatalogError as error:
        return [str(fault) for fault in error.faults]
    return []


def test_with_no_events_declared_any_is_accepted() -> None:
    """Declaring events is a choice: without it, rules listen to whatever they name."""
    Catalog(rules=[Rule("r", "whatever.you-like:here", "anything > 1", 1)])


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"badges": ["first"]}, "badges[0]: 'first' is not a Badge; write Badge(…)"),
        ({"badges": [Rule("r", "x")]}, "badges[0]: a Rule is not a Badge; write Badge(…)"),
        ({"badges": {"a": {}}}, "badges[0]: a dict is not a Badge; write Badge(…)"),
        ({"badges": [Badge(5)]}, "badges[0]: 5 is not a code; a code is text such as 'first_steps'"),  # type: ignore[arg-type]
        ({"badges": [Badge("a"), Badge("a")]}, "badges.a: 'a' is declared twice; give each a code of its own"),
        (
            {"badges": [Badge("x" * 65)]},
            f"badges.{'x' * 65}: {'x' * 57!r}... is not a code: small letters, digits and _, a letter first, "
            f"at most 64; write {'x' * 64!r}",
        ),
        ({"rules": [Rule("r", "x", cap=Cap(points=True))]}, f"rules.r.cap.points: True is not a whole number from 1 to {2**53 - 1}"),
        ({"rules": [Rule("r", "x", award=(("points", 1), ("points", 2)))]}, "rules.r.award.points: points stands twice; write one amount for each currency"),
        ({"rules": [Rule("r", "x", when="a and\n(b &c)")]}, "rules.r.when: b &c: `&` is not part of the language (line 2, column 2); write `and`, not `&`"),
        ({"rules": [Rule("r", "x", award=10**5000)]}, f"rules.r.award: a number of 16610 bits is not an amount; an amount is from 1 to {2**53 - 1}"),
        ({"metrics": [Metric("m", ())]}, "metrics.m.on: no event is named; write on = \"lesson_finished\", the event it listens to"),
        ({"currencies": [Currency("gems", scale=10)]}, "currencies.gems.scale: 10 is not a whole number from 0 to 6"),
        ({"streaks": [Streak("s", timezone=None)]}, "streaks.s.timezone: None is not a time zone; an IANA name such as 'Europe/Paris'"),  # type: ignore[arg-type]
        ({"leaderboards": [Leaderboard("b", timezone="Xyzzy")]}, "leaderboards.b.timezone: There is no time zone 'Xyzzy'; an IANA name such as 'Europe/Paris', or '+05:30'"),
        ({"ladders": [Ladder("l", [Tier("a", name="\ud800")])]}, "ladders.l.tiers.a.name: is not valid Unicode text"),
        ({"badges": [Badge("b", description="x" * 10_001)]}, "badges.b.description: is longer than 10000 characters"),
    ],
)  # fmt: skip
def test_python_catalogs_meet_the_same_checks(sections: dict[str, object], sentence: str) -> None:
    """What is made in Python is checked as what is read, with columns instead of lines."""
    assert faults_in(**sections) == [sentence]


def test_a_fault_hides_no_other_and_makes_no_other() -> None:
    """A badge with a bad field is still there for those who refer to it."""
    assert faults_of("[badges.a]\npoints = 0.5\n[rules.r]\non = 'x'\nbadge = 'a'\naward = 'b +'") == [
        "badges.a.points (line 2): 0.5 is not an amount; write a whole number",
        "rules.r.award (line 6): cannot be read: invalid syntax (column 4 of the text)",
    ]
