"""Signing in: who gets in, with what, how often they may try, and how it ends."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from tests.factories import UserFactory
from tests.milidip.test_settings import PRODUCTION, manage, value_of

pytestmark = pytest.mark.django_db

PASSWORD = "a quiet morning by the lake"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LOGIN = "/admin/account/login/"
CODE = "/admin/account/login/code/"
SET_UP = "/admin/account/second-factor/"
LIST = "/admin/engagements/engagement/"


def code(secret: str = SECRET, step: int = 0) -> str:
    """What an authenticator shows, now or ``step`` periods of thirty seconds later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def give_password(client: Client, user: User, password: str = PASSWORD) -> HttpResponse:
    return client.post(LOGIN, {"login": user.username, "password": password})


def logged_in(user: User, *, step: int = 0) -> Client:
    client = Client()
    response = give_password(client, user)
    if response.headers["Location"] == CODE:
        response = client.post(CODE, {"code": code(step=step)})
    assert response.headers["Location"] == "/admin/"
    return client


def is_in(client: Client) -> bool:
    return client.get("/admin/account/").status_code == 200


def set_up(client: Client) -> HttpResponse:
    secret = client.get(SET_UP).context["form"].secret
    return client.post(SET_UP, {"code": code(secret)})


@pytest.fixture
def reviewer() -> User:
    return UserFactory(reviewer=True, password=PASSWORD)


@pytest.fixture
def with_factor(reviewer: User) -> User:
    TOTP.activate(reviewer, SECRET)
    return reviewer


@pytest.fixture
def needed(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True


# --- the door ------------------------------------------------------------------------------------


def test_the_admin_has_no_door_of_its_own(client: Client, reviewer: User) -> None:
    response = client.get("/admin/login/?next=/admin/codebook/")
    assert response.headers["Location"] == f"{LOGIN}?next=%2Fadmin%2Fcodebook%2F"
    client.post("/admin/login/", {"username": reviewer.username, "password": PASSWORD})
    assert not is_in(client)


@pytest.mark.parametrize(
    "page",
    ["signup/", "password/reset/", "password/set/", "email/", "login/code/confirm/", "3rdparty/"],
)
def test_nobody_signs_up_or_gets_in_by_mail(client: Client, page: str) -> None:
    assert client.get(f"/accounts/{page}").status_code == 404
    client.force_login(UserFactory(administrator=True))
    assert client.get(f"/admin/account/{page}").status_code == 404
    assert not get_adapter().is_open_for_signup(None)


def test_a_wrong_password_and_a_name_that_is_none_are_told_the_same(
    client: Client, reviewer: User
) -> None:
    told = [
        client.post(LOGIN, {"login": name, "password": "not it"}).context["form"].errors
        for name in (reviewer.username, "nobody")
    ]
    assert told[0] == told[1]
    assert "do not go together" in str(told[0])


@pytest.mark.parametrize("missing", ["is_staff", "is_active"])
def test_who_is_not_staff_stays_out_and_who_was_is_out_at_once(
    client: Client, reviewer: User, missing: str
) -> None:
    give_password(client, reviewer)
    assert is_in(client)
    User.objects.filter(pk=reviewer.pk).update(**{missing: False})
    assert not is_in(client)
    assert "do not go together" in give_password(client, reviewer).content.decode()


def test_nobody_is_sent_to_another_site(client: Client, reviewer: User) -> None:
    asked = {"login": reviewer.username, "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post(LOGIN, asked).headers["Location"] == "/admin/"


def test_the_session_ends_with_the_browser_and_is_known_below_admin_only(
    client: Client, reviewer: User
) -> None:
    response = give_password(client, reviewer)
    cookie = response.cookies["sessionid"]
    assert (cookie["path"], cookie["max-age"], cookie["expires"]) == ("/admin/", "", "")
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert client.session.get_expiry_age() == 12 * 3600
    # Twelve hours count from the last page: each one sets the clock anew.
    assert client.get("/admin/").cookies["sessionid"]["path"] == "/admin/"


def test_a_cookie_from_before_logging_in_is_worth_nothing_after(
    client: Client, with_factor: User
) -> None:
    give_password(client, with_factor)
    before = client.session.session_key
    client.post(CODE, {"code": code()})
    assert client.session.session_key != before


# --- how often one may try -----------------------------------------------------------------------


def test_after_five_wrong_passwords_the_right_one_has_to_wait(reviewer: User) -> None:
    """Counted in the database, so that it holds for all processes and for all addresses."""
    for number in range(5):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        assert "do not go together" in give_password(client, reviewer, "guess").content.decode()
    response = give_password(Client(REMOTE_ADDR="192.0.2.99"), reviewer)
    assert response.status_code == 200
    assert "Wait five minutes" in response.content.decode()
    assert settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache")
    cache.clear()
    assert is_in(logged_in(reviewer))


def test_one_address_may_not_try_many_names(client: Client, reviewer: User) -> None:
    for number in range(10):
        client.post(LOGIN, {"login": f"name{number}", "password": "guess"})
    assert "Wait five minutes" in give_password(client, reviewer).content.decode()


def test_whoever_goes_on_gets_a_plain_page_that_says_so(client: Client, reviewer: User) -> None:
    for _ in range(30):
        client.post(LOGIN, {"login": "", "password": ""})
    response = give_password(client, reviewer)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "60"
    assert "Too many attempts" in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]


def test_codes_cannot_be_guessed_either(client: Client, with_factor: User) -> None:
    give_password(client, with_factor)
    for _ in range(5):
        client.post(CODE, {"code": "000000"})
    assert "Wait five minutes" in client.post(CODE, {"code": code()}).content.decode()
    assert not is_in(client)


def test_a_visitor_behind_the_proxy_is_counted_by_their_own_address() -> None:
    expression = "s.ALLAUTH_TRUSTED_PROXY_COUNT"
    assert value_of(expression) == "0"
    assert value_of(expression, MILIDIP_BEHIND_PROXY="1", **PRODUCTION) == "1"


# --- the second factor ---------------------------------------------------------------------------


def test_who_has_a_second_factor_needs_it_every_time(client: Client, with_factor: User) -> None:
    assert give_password(client, with_factor).headers["Location"] == CODE
    assert not is_in(client)
    response = client.post(CODE, {"code": "123 456"})
    assert "This code is not right" in response.content.decode()
    client.post(CODE, {"code": code()})
    assert is_in(client)


@pytest.mark.parametrize("step", [-1, 0, 1])
def test_a_code_works_beside_its_time_and_once(with_factor: User, step: int) -> None:
    shown = code(step=step)
    for works in (True, False):
        client = Client()
        give_password(client, with_factor)
        client.post(CODE, {"code": shown})
        assert is_in(client) is works
        # allauth alone forgets it after one period, while it still fits.
        cache.delete(f"allauth.mfa.totp.used?user={with_factor.pk}&code={shown}")


@pytest.mark.parametrize("step", [-3, 3])
def test_a_code_of_another_minute_does_not_work(
    client: Client, with_factor: User, step: int
) -> None:
    give_password(client, with_factor)
    client.post(CODE, {"code": code(step=step)})
    assert not is_in(client)


def test_the_code_that_set_it_up_is_used_up(client: Client, reviewer: User) -> None:
    give_password(client, reviewer)
    secret = client.get(SET_UP).context["form"].secret
    shown = code(secret)
    client.post(SET_UP, {"code": shown})
    other = Client()
    give_password(other, reviewer)
    other.post(CODE, {"code": shown})
    assert not is_in(other)


def test_setting_it_up_shows_recovery_codes_each_of_which_works_once(
    client: Client, reviewer: User
) -> None:
    give_password(client, reviewer)
    response = set_up(client)
    assert response.headers["Location"] == "/admin/account/recovery-codes/"
    page = client.get("/admin/account/recovery-codes/").content.decode()
    codes = re.findall(r"<li>(\d{8})</li>", page)
    assert len(codes) == 10
    file = client.get("/admin/account/recovery-codes/recovery-codes.txt")
    assert all(each in file.content.decode() for each in codes)
    assert "no-store" in file.headers["Cache-Control"]
    for works in (True, False):
        other = Client()
        give_password(other, reviewer)
        other.post(CODE, {"code": codes[0]})
        assert is_in(other) is works


def test_setting_it_up_ends_sessions_that_know_the_password_only(reviewer: User) -> None:
    thief, owner = logged_in(reviewer), logged_in(reviewer)
    set_up(owner)
    assert is_in(owner)
    assert not is_in(thief)


def test_the_picture_of_the_key_is_kept_nowhere_and_gone_when_it_is_set_up(
    client: Client, reviewer: User
) -> None:
    picture = reverse("second_factor_qr")
    assert client.get(picture).status_code == 302
    give_password(client, reviewer)
    assert client.get(picture).status_code == 404
    client.get(SET_UP)
    response = client.get(picture)
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert "no-store" in response.headers["Cache-Control"]
    assert "style" not in response.content.decode()
    set_up(client)
    assert client.get(picture).status_code == 404


@pytest.mark.parametrize("name", ["mfa_deactivate_totp", "mfa_generate_recovery_codes"])
def test_a_password_alone_does_not_take_the_second_factor_away(
    with_factor: User, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = logged_in(with_factor)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    response = client.post(reverse(name))
    assert response.headers["Location"].startswith("/admin/account/again/code/")
    again = client.get("/admin/account/again/?next=/admin/account/")
    assert again.headers["Location"].startswith("/admin/account/again/code/")
    assert with_factor.authenticator_set.filter(type="totp").exists()  # type: ignore[attr-defined]


def test_whoever_has_just_logged_in_is_not_asked_again(with_factor: User) -> None:
    client = logged_in(with_factor)
    assert client.get(reverse("mfa_deactivate_totp")).status_code == 200
    client.post(reverse("mfa_deactivate_totp"))
    assert not with_factor.authenticator_set.exists()  # type: ignore[attr-defined]


# --- who needs one -------------------------------------------------------------------------------

ASKED = ["reviewer", "editor", "administrator"]


@pytest.mark.parametrize("role", ASKED)
def test_who_has_power_sees_nothing_before_the_second_factor(
    client: Client, needed: None, role: str
) -> None:
    user = UserFactory(password=PASSWORD, **{role: True})
    give_password(client, user)
    for address in (
        "/admin/",
        LIST,
        "/admin/account/",
        "/admin/account/password/",
        "/admin/account/recovery-codes/",
        "/admin/jsi18n/",
        "/admin/autocomplete/?app_label=engagements&model_name=place&field_name=country",
        "/admin/nothing/here/",
    ):
        for method in ("get", "post", "head", "put"):
            response = getattr(client, method)(address)
            assert response.status_code == 302, (method, address)
            assert response.headers["Location"] == SET_UP, (method, address)
    page = client.get(SET_UP)
    assert "for that a second factor is needed" in page.content.decode()
    set_up(client)
    assert client.get(LIST).status_code == 200


def every_address() -> list[str]:
    """Every page below /admin/ that there is, or will be."""

    def walk(patterns: list[Any], start: str) -> Iterator[str]:
        for each in patterns:
            route = start + re.sub(r"<[^>]+>", "1", str(each.pattern))
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns, route)
            elif "(?P" not in route:
                yield f"/{route}"

    return [one for one in walk(get_resolver().url_patterns, "") if one.startswith("/admin/")]


OPEN_TO_NEWCOMERS = {SET_UP, "/admin/account/second-factor/qr.svg", "/admin/account/again/"}
OPEN_TO_NEWCOMERS |= {"/admin/account/logout/", "/admin/logout/"}
OPEN_TO_ALL = {
    LOGIN,
    CODE,
    "/admin/language/",
    "/admin/login/",
    "/admin/logout/",
    "/admin/account/logout/",
}


def test_no_page_of_the_working_side_answers_before_the_second_factor(needed: None) -> None:
    client = Client()
    client.force_login(UserFactory(administrator=True))
    addresses = every_address()
    assert len(addresses) > 150
    for address in addresses:
        for method in (client.get, client.post):
            if address not in OPEN_TO_NEWCOMERS:
                assert method(address).headers.get("Location") == SET_UP, address


def test_no_page_of_the_working_side_answers_somebody_without_an_account() -> None:
    client = Client()
    for address in every_address():
        if address in OPEN_TO_ALL:
            continue
        response = client.get(address)
        # 401: a script asks there, and is told where to sign in.
        assert response.status_code in (302, 401, 403), address
        if response.status_code == 302:
            assert "/login/" in response.headers["Location"], address


@pytest.mark.parametrize("role", ["contributor", "nothing"])
def test_who_has_none_of_it_may_do_without(client: Client, needed: None, role: str) -> None:
    user = UserFactory(password=PASSWORD, **({"contributor": True} if role != "nothing" else {}))
    give_password(client, user)
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("role", ASKED)
def test_at_home_the_password_is_enough(client: Client, role: str) -> None:
    assert settings.STAFF_SECOND_FACTOR is False
    assert (
        logged_in(UserFactory(password=PASSWORD, **{role: True})).get("/admin/").status_code == 200
    )


def test_a_session_without_a_code_is_no_way_round(needed: None, with_factor: User) -> None:
    """Such as one from before the second factor was needed."""
    client = Client()
    client.force_login(with_factor)
    response = client.get(LIST)
    assert response.headers["Location"] == f"{LOGIN}?next={LIST}"
    assert "_auth_user_id" not in client.session


def test_who_is_given_power_needs_it_from_the_next_page_on(client: Client, needed: None) -> None:
    user = UserFactory(contributor=True, password=PASSWORD)
    give_password(client, user)
    assert client.get(LIST).status_code == 200
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    assert client.get(LIST).headers["Location"] == SET_UP


def test_a_new_device_takes_the_place_of_the_old_one(needed: None, with_factor: User) -> None:
    client = logged_in(with_factor)
    client.post(reverse("mfa_deactivate_totp"))
    assert client.get("/admin/").headers["Location"] == SET_UP
    set_up(client)
    assert client.get("/admin/").status_code == 200


# --- settings ------------------------------------------------------------------------------------


def test_production_asks_for_the_second_factor_unless_told_otherwise() -> None:
    expression = "s.STAFF_SECOND_FACTOR, s.ONE_PERSON_MODE"
    assert value_of(expression) == "False False"
    assert value_of(expression, **PRODUCTION) == "True False"
    chosen = {"MILIDIP_SECOND_FACTOR": "off", "MILIDIP_ONE_PERSON": "on"}
    assert value_of(expression, **chosen, **PRODUCTION) == "False True"


@pytest.mark.parametrize("name", ["MILIDIP_SECOND_FACTOR", "MILIDIP_ONE_PERSON"])
def test_a_safeguard_is_not_turned_by_a_slip_of_the_pen(name: str) -> None:
    done = manage("check", **{name: "onn"})
    assert done.returncode
    assert f"{name} is `on` or `off`" in done.stderr


# --- secrets -------------------------------------------------------------------------------------


def test_the_database_alone_gives_no_second_factor_away(with_factor: User) -> None:
    assert SECRET not in str(Authenticator.objects.get(user=with_factor).data)


def test_an_earlier_secret_key_still_opens_them_while_it_is_listed(
    client: Client, with_factor: User, settings: Any
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-one"
    give_password(client, with_factor)
    client.post(CODE, {"code": code()})
    assert is_in(client)


def test_a_lost_secret_key_is_said_in_words_and_opens_nothing(
    client: Client, with_factor: User, settings: Any
) -> None:
    settings.SECRET_KEY = "another-one"
    give_password(client, with_factor)
    response = client.post(CODE, {"code": code()})
    assert "the site has another secret key" in response.content.decode()
    assert not is_in(client)


def test_no_page_of_the_admin_shows_a_secret(with_factor: User) -> None:
    client = logged_in(UserFactory(administrator=True, password=PASSWORD))
    stored = Authenticator.objects.get(user=with_factor)
    listed = client.get("/admin/mfa/authenticator/").content.decode()
    shown = client.get(f"/admin/mfa/authenticator/{stored.pk}/change/").content.decode()
    assert with_factor.username in listed
    for page in (listed, shown):
        assert stored.data["secret"] not in page
        assert SECRET not in page
    for address in ("account/emailaddress/", "usersessions/usersession/"):
        assert client.get(f"/admin/{address}").status_code == 404


def test_an_administrator_removes_a_lost_device_and_its_recovery_codes(reviewer: User) -> None:
    set_up(logged_in(reviewer))
    client = logged_in(UserFactory(administrator=True, password=PASSWORD))
    assert client.get("/admin/auth/user/").status_code == 200
    stored = Authenticator.objects.get(user=reviewer, type="totp")
    client.post(f"/admin/mfa/authenticator/{stored.pk}/delete/", {"post": "yes"})
    assert not Authenticator.objects.filter(user=reviewer).exists()


def test_a_new_account_is_one_of_staff() -> None:
    client = logged_in(UserFactory(administrator=True, password=PASSWORD))
    asked = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/admin/auth/user/add/", {"username": "new", **asked})
    assert is_in(logged_in(User.objects.get(username="new")))


def test_the_last_administrator_is_let_in_again_from_the_keyboard(
    with_factor: User, capsys: Any
) -> None:
    client = logged_in(with_factor)
    call_command("remove_second_factor", with_factor.username)
    assert "Removed." in capsys.readouterr().out
    assert not is_in(client)
    assert is_in(logged_in(with_factor))
    with pytest.raises(CommandError, match="no user 'nobody'"):
        call_command("remove_second_factor", "nobody")


# --- the password --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("elevenchars", "at least 12 characters"),
        ("qwerty123456", "too common"),
        ("836492650183", "entirely numeric"),
    ],
)
def test_a_weak_password_is_refused(reviewer: User, password: str, problem: str) -> None:
    data = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    response = logged_in(reviewer).post("/admin/account/password/", data)
    assert problem in str(response.context["form"].errors)


def test_a_new_password_ends_the_other_sessions(reviewer: User) -> None:
    here, elsewhere = logged_in(reviewer), logged_in(reviewer)
    assert here.get("/admin/password_change/").headers["Location"] == "/admin/account/password/"
    new = "another morning by the lake"
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post("/admin/account/password/", data).headers["Location"] == "/admin/account/"
    assert is_in(here)
    assert not is_in(elsewhere)


def test_passwords_are_hashed_by_scrypt_and_older_ones_are_hashed_anew(
    reviewer: User, settings: Any
) -> None:
    """The suite hashes cheaply; this is how it is in earnest."""
    settings.PASSWORD_HASHERS = [
        f"django.contrib.auth.hashers.{name}PasswordHasher" for name in ("Scrypt", "MD5")
    ]
    assert value_of("s.PASSWORD_HASHERS[0]").endswith(".ScryptPasswordHasher")
    assert reviewer.password.startswith("md5$")
    logged_in(reviewer)
    reviewer.refresh_from_db()
    assert reviewer.password.startswith("scrypt$")


# --- the end -------------------------------------------------------------------------------------


def test_the_admins_own_button_logs_out(reviewer: User) -> None:
    client = logged_in(reviewer)
    assert client.post("/admin/logout/").headers["Location"] == LOGIN
    assert not is_in(client)
    assert "You are logged out." in client.get(LOGIN).content.decode()


@pytest.mark.parametrize("here_too", [True, False])
def test_one_button_ends_every_session_elsewhere_and_another_this_one_too(
    reviewer: User, here_too: bool
) -> None:
    here, elsewhere, third = logged_in(reviewer), logged_in(reviewer), logged_in(reviewer)
    stranger = logged_in(UserFactory(password=PASSWORD))
    here.post("/admin/account/sessions/", {"here_too": "1"} if here_too else {})
    assert is_in(here) is not here_too
    assert not is_in(elsewhere)
    assert not is_in(third)
    assert is_in(stranger)


def test_a_page_of_the_account_is_kept_by_no_browser(client: Client, with_factor: User) -> None:
    addresses = ["", "password/", "sessions/", "second-factor/remove/", "logout/"]
    inside = logged_in(with_factor)
    pages = [inside.get(f"/admin/account/{address}") for address in addresses]
    for page in [*pages, client.get(LOGIN)]:
        assert page.status_code == 200
        assert "no-store" in page.headers["Cache-Control"]
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert "<style" not in page.content.decode()
        assert not re.search(r"<[^>]+ style=|<script(?![^>]* src=)| on\w+=", page.content.decode())
