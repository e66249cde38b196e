"""The register's keys: how one takes the place of another without anybody losing track."""

from pledge.register_keys import RegisterKeys, newest_alone, with_new

OLD, NEW, NEWEST = (bytes([number]) * 32 for number in (1, 2, 3))


def _public(seed: bytes) -> bytes:
    return RegisterKeys((seed,)).verifiers("sign.example")[0].public


def test_a_new_key_signs_first_and_the_others_beside_it() -> None:
    assert with_new(RegisterKeys((OLD,)), NEW) == RegisterKeys((NEW, OLD))
    assert with_new(RegisterKeys((NEW, OLD)), OLD) == RegisterKeys((OLD, NEW))


def test_keys_that_no_longer_sign_are_known_for_ever() -> None:
    keys = newest_alone(with_new(RegisterKeys((OLD,)), NEW))
    assert keys == RegisterKeys((NEW,), (_public(OLD),))
    keys = newest_alone(with_new(keys, NEWEST))
    assert keys == RegisterKeys((NEWEST,), (_public(NEW), _public(OLD)))
    known = [key.public for key in keys.verifiers("sign.example")]
    assert known == [_public(NEWEST), _public(NEW), _public(OLD)]


def test_a_key_that_signs_again_is_not_retired() -> None:
    retired = RegisterKeys((NEW,), (_public(OLD),))
    assert with_new(retired, OLD) == RegisterKeys((OLD, NEW))
