from neucobench.seeding import generator


def test_equal_arguments_give_equal_streams():
    assert (generator(0, "a", 1).random(4) == generator(0, "a", 1).random(4)).all()


def test_keys_are_not_run_together():
    assert generator(0, "ab", "c").random() != generator(0, "a", "bc").random()


def test_seed_0_is_a_seed_of_its_own():
    assert generator(0, "a").random() != generator(1, "a").random()
