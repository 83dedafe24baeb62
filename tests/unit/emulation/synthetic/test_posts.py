"""The shapes of the public data set, in the synthetic posts."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from itertools import groupby

import pytest

from emulation.payloads import GEO, PIN, USER
from emulation.synthetic.posts import SyntheticPost, synthetic_posts


@pytest.fixture(scope="module")
def posts() -> list[SyntheticPost]:
    return list(synthetic_posts())


@pytest.fixture(scope="module")
def pins(posts: list[SyntheticPost]) -> list[dict[str, object]]:
    return [dict(zip(PIN.columns, post[0], strict=True)) for post in posts]


@pytest.fixture(scope="module")
def geos(posts: list[SyntheticPost]) -> list[dict[str, object]]:
    return [dict(zip(GEO.columns, post[1], strict=True)) for post in posts]


@pytest.fixture(scope="module")
def users(posts: list[SyntheticPost]) -> list[dict[str, object]]:
    return [dict(zip(USER.columns, post[2], strict=True)) for post in posts]


def share(rows: list[dict[str, object]], holds: Callable[[dict[str, object]], bool]) -> float:
    return sum(map(holds, rows)) / len(rows)


def test_there_are_as_many_as_in_the_public_data_set(posts: list[SyntheticPost]) -> None:
    assert len(posts) == 11_154
    assert [post[0][0] for post in posts] == list(range(11_154))
    assert all(pin[0] == geo[0] == user[0] for pin, geo, user in posts)


def test_another_seed_gives_other_posts() -> None:
    assert list(synthetic_posts(50, seed=3)) != list(synthetic_posts(50, seed=4))


@pytest.mark.parametrize("number", [1, 2, 13, 100])
def test_any_number_of_posts_is_possible(number: int) -> None:
    assert len(list(synthetic_posts(number))) == number


def test_categories_are_blocks_in_alphabetical_order(pins: list[dict[str, object]]) -> None:
    blocks = [(name, len(list(rows))) for name, rows in groupby(pins, lambda pin: pin["category"])]
    assert [name for name, _ in blocks] == [
        "art",
        "beauty",
        "christmas",
        "diy-and-crafts",
        "education",
        "event-planning",
        "finance",
        "home-decor",
        "mens-fashion",
        "quotes",
        "tattoos",
        "travel",
        "vehicles",
    ]
    assert all(750 <= rows <= 1000 for _, rows in blocks)


def test_unique_ids_are_lower_case_uuid4(pins: list[dict[str, object]]) -> None:
    ids = [str(pin["unique_id"]) for pin in pins]
    assert all(str(uuid.UUID(text)) == text and uuid.UUID(text).version == 4 for text in ids)
    assert len(set(ids)) == len(ids)


def test_followers_take_the_known_forms(pins: list[dict[str, object]]) -> None:
    texts = Counter(str(pin["follower_count"]) for pin in pins)
    form = re.compile(r"\d{1,3}|([1-9]|[1-9]\d|[1-8]\d\d|9[0-7]\d|98[0-5])k|([1-68]|15)M")
    assert {text for text in texts if not form.fullmatch(text)} == {"User Info Error"}
    assert {text for text in texts if text.endswith("M")} == {
        "1M",
        "2M",
        "3M",
        "4M",
        "5M",
        "6M",
        "8M",
        "15M",
    }


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("follower_count", "User Info Error", 0.006),
        ("poster_name", "User Info Error", 0.006),
        ("image_src", "Image src error.", 0.015),
        ("title", "No Title Data Available", 0.085),
        ("tag_list", "N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e", 0.085),
        ("description", "Untitled", 0.009),
        ("is_image_or_video", "image", 0.916),
        ("is_image_or_video", "video", 0.029),
        ("is_image_or_video", "multi-video(story page format)", 0.056),
    ],
)
def test_a_text_occurs_about_as_often_as_it_should(
    pins: list[dict[str, object]], column: str, text: str, expected: float
) -> None:
    assert share(pins, lambda pin: pin[column] == text) == pytest.approx(expected, rel=0.25)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("description", "No description available"),
        ("description", "No description available Story format"),
        ("title", "Art."),
        ("title", "always"),
        ("title", "Slide1"),
        ("title", "S12"),
        ("title", "א"),
        ("title", "Trial and error"),
        ("title", "One line\nand a second one"),
        ("title", ""),
        ("title", "\u00a0"),
        ("poster_name", "967"),
    ],
)
def test_rare_texts_occur(pins: list[dict[str, object]], column: str, text: str) -> None:
    assert any(pin[column] == text for pin in pins)


def test_poster_and_followers_fail_together(pins: list[dict[str, object]]) -> None:
    assert all(
        (pin["poster_name"] == "User Info Error") == (pin["follower_count"] == "User Info Error")
        for pin in pins
    )


def test_an_image_is_missing_exactly_where_it_was_not_downloaded(
    pins: list[dict[str, object]],
) -> None:
    assert all((pin["image_src"] == "Image src error.") == (pin["downloaded"] == 0) for pin in pins)


def test_descriptions_are_cut_off(pins: list[dict[str, object]]) -> None:
    cut = share(pins, lambda pin: str(pin["description"]).endswith("…\u00a0"))
    assert cut == pytest.approx(0.38, abs=0.02)


def test_one_title_in_ten_is_not_ascii(pins: list[dict[str, object]]) -> None:
    other = share(pins, lambda pin: not str(pin["title"]).isascii())
    assert other == pytest.approx(0.10, abs=0.015)


def test_some_titles_have_no_latin_letter_and_no_digit(pins: list[dict[str, object]]) -> None:
    titles = [str(pin["title"]) for pin in pins if str(pin["title"]).strip()]
    assert any(not re.search(r"[A-Za-z0-9À-ɏ]", title) for title in titles)


def test_the_save_location_names_the_category(pins: list[dict[str, object]]) -> None:
    assert all(pin["save_location"] == f"Local save in /data/{pin['category']}" for pin in pins)


def test_tags_are_joined_by_commas_and_different(pins: list[dict[str, object]]) -> None:
    lists = [str(pin["tag_list"]).split(",") for pin in pins]
    written = [tags for tags in lists if tags[0] != "N"]
    assert all(len(set(tags)) == len(tags) >= 4 for tags in written)


def people_of(
    users: list[dict[str, object]], geos: list[dict[str, object]]
) -> dict[tuple[object, ...], set[tuple[object, ...]]]:
    """Return the places of each person."""
    people: dict[tuple[object, ...], set[tuple[object, ...]]] = {}
    for user, geo in zip(users, geos, strict=True):
        person = tuple(user[name] for name in USER.columns[1:])
        place = (geo["country"], geo["latitude"], geo["longitude"])
        people.setdefault(person, set()).add(place)
    return people


def test_people_are_many_and_each_has_one_place(
    users: list[dict[str, object]], geos: list[dict[str, object]]
) -> None:
    people = people_of(users, geos)
    assert 5_000 < len(people) < 5_600
    assert {len(places) for places in people.values()} == {1}


def test_posts_are_very_unevenly_spread_over_people(users: list[dict[str, object]]) -> None:
    busiest = Counter(tuple(user[name] for name in USER.columns[1:]) for user in users)
    assert 180 < busiest.most_common(1)[0][1] < 300


def test_some_names_belong_to_more_than_one_person(
    users: list[dict[str, object]], geos: list[dict[str, object]]
) -> None:
    names = Counter(person[:2] for person in people_of(users, geos))
    assert 120 < sum(people > 1 for people in names.values()) < 280


def test_ages_and_times_keep_their_bounds(
    users: list[dict[str, object]], geos: list[dict[str, object]]
) -> None:
    assert {user["age"] for user in users} == set(range(20, 61))
    for user, geo in zip(users, geos, strict=True):
        joined = datetime.fromisoformat(str(user["date_joined"]))
        posted = datetime.fromisoformat(str(geo["timestamp"]))
        assert "2015-10" <= f"{joined:%Y-%m}" <= "2017-10"
        assert "2017-10" <= f"{posted:%Y-%m}" <= "2022-10"
        assert joined <= posted
        assert -90 <= float(str(geo["latitude"])) <= 90
        assert -180 <= float(str(geo["longitude"])) <= 180


def test_both_forms_of_a_time_occur(
    users: list[dict[str, object]], geos: list[dict[str, object]]
) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", str(users[0]["date_joined"]))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", str(geos[0]["timestamp"]))


def test_all_countries_occur_and_the_largest_hold_some_percent(
    geos: list[dict[str, object]],
) -> None:
    countries = Counter(str(geo["country"]) for geo in geos)
    assert len(countries) == 243
    largest = [posts / len(geos) for _, posts in countries.most_common(5)]
    assert all(0.03 < part < 0.055 for part in largest)
    assert {
        "Cote d'Ivoire",
        "Svalbard & Jan Mayen Islands",
        "Antarctica (the territory South of 60 deg S)",
        "Guinea-Bissau",
    } < set(countries)


def test_answers_vary_from_year_to_year_and_from_place_to_place(
    pins: list[dict[str, object]], geos: list[dict[str, object]]
) -> None:
    by_year: dict[str, Counter[object]] = {}
    by_country: dict[object, Counter[object]] = {}
    for pin, geo in zip(pins, geos, strict=True):
        by_year.setdefault(str(geo["timestamp"])[:4], Counter())[pin["category"]] += 1
        by_country.setdefault(geo["country"], Counter())[pin["category"]] += 1
    tops = [by_year[year].most_common(1)[0][0] for year in ("2018", "2019", "2020", "2021", "2022")]
    assert len(set(tops)) >= 4
    assert len({counts.most_common(1)[0][0] for counts in by_country.values()}) >= 10
