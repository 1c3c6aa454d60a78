import numpy as np
import pytest
import torch

from neucobench.probes.compiled_draws import draw_epochs, skip
from neucobench.probes.draws import TorchStream, draw_folds, draw_orders


@pytest.fixture(autouse=True)
def _global_generator():
    with torch.random.fork_rng():
        yield


def test_the_first_layer_of_seed_42_is_the_published_one():
    stream = TorchStream(42)
    start = stream.linear(1024)
    np.testing.assert_allclose(
        start[[0, 1, 2, 3, -1]],
        [0.0238918, 0.0259377, -0.0073210, 0.0287066, 0.0174057],
        atol=5e-8,
    )
    (order,), _ = draw_orders([stream.state()], train=10, validation=1, epochs=1)
    assert order.tolist() == [[8, 7, 6, 5, 3, 9, 1, 2, 4, 0]]
    high, low = stream.words(2).tolist()
    assert (high << 32 | low) & (2**63 - 1) == 6948178042539105521


@pytest.mark.parametrize("dims", [1, 2, 7, 16, 33, 100, 768, 1024])
def test_initial_weights_are_those_of_torch(dims):
    torch.manual_seed(7)
    layer = torch.nn.Linear(dims, 1)
    start = TorchStream(7).linear(dims)
    np.testing.assert_array_equal(start[:-1], layer.weight.detach().numpy()[0])
    assert start[-1] == layer.bias.item()


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("rows", [1, 2, 10, 242, 624, 625, 2173, 4221, 11934])
def test_orders_are_those_of_torch_for_every_size(rows, compiled):
    _, expected, _ = next(torch_draws(42, [[(rows, 3)]], 4, 2))
    assert_orders(42, rows, expected, compiled)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32 + 5])
def test_every_seed_of_torch_is_followed(seed, compiled):
    _, expected, _ = next(torch_draws(seed, [[(50, 3)]], 4, 2))
    assert_orders(seed, 50, expected, compiled)


def assert_orders(seed, rows, expected, compiled):
    """Compare both epochs of the first fold of ``seed`` with torch's."""
    ((fold,),) = draw_folds(seed, [[(rows, 3)]], dims=4, epochs=2)
    first, second = np.empty((2, rows), np.uint32), np.empty((2, 3), np.uint32)
    if compiled:
        draw_epochs(fold.state.copy(), first, second)
    else:
        (first,), _ = draw_orders([fold.state], train=rows, validation=3, epochs=2)
    np.testing.assert_array_equal(first, expected)


def torch_draws(seed, sizes, dims, epochs):
    """Draw with torch, in the order of the published protocol."""
    torch.manual_seed(seed)
    for train, validation in (size for folds in sizes for size in folds):
        layer = torch.nn.Linear(dims, 1)
        visited = []
        for _ in range(epochs):
            for rows in (train, validation):
                torch.empty((), dtype=torch.int64).random_()
                visited.append(torch.randperm(rows).numpy())
        start = np.append(layer.weight.detach().numpy(), layer.bias.detach().numpy())
        yield start, visited[::2], visited[1::2]


SIZES = [[(9, 1), (10, 2)], [(700, 80)] * 3, [(1, 1)], [(63, 7)] * 2]


def test_every_fold_starts_where_torch_starts_it():
    drawn = [
        fold for folds in draw_folds(5, SIZES, dims=11, epochs=3) for fold in folds
    ]
    expected = torch_draws(5, SIZES, 11, 3)
    for fold, (start, train, _) in zip(drawn, expected, strict=True):
        np.testing.assert_array_equal(fold.start, start)
        orders, _ = draw_orders(
            [fold.state], train=train[0].size, validation=1, epochs=1
        )
        np.testing.assert_array_equal(orders[0, 0], train[0])


@pytest.mark.parametrize("compiled", [False, True])
def test_orders_of_all_epochs_are_those_of_torch(compiled):
    expected = list(torch_draws(5, SIZES, 11, 3))
    for folds, sizes in zip(
        draw_folds(5, SIZES, dims=11, epochs=3), SIZES, strict=True
    ):
        for fold, (train, validation) in zip(folds, sizes, strict=True):
            first = np.empty((3, train), np.uint32)
            second = np.empty((3, validation), np.uint32)
            if compiled:
                draw_epochs(fold.state.copy(), first, second)
            else:
                (first,), (second,) = draw_orders(
                    [fold.state], train=train, validation=validation, epochs=3
                )
            _, visited, held_out = expected.pop(0)
            np.testing.assert_array_equal(first, visited)
            np.testing.assert_array_equal(second, held_out)


def test_a_refit_after_each_task_moves_the_next_task_on_as_in_torch():
    torch.manual_seed(5)
    for _ in range(2):
        layer = torch.nn.Linear(11, 1)
        for rows in (9, 1) * 3:
            torch.empty((), dtype=torch.int64).random_()
            torch.randperm(rows)
        torch.nn.Linear(11, 1)
        for _ in range(3):
            torch.empty((), dtype=torch.int64).random_()
    drawn = list(draw_folds(5, [[(9, 1)]] * 2, dims=11, epochs=3, refit=True))
    weights = layer.weight.detach().numpy().ravel()
    np.testing.assert_array_equal(drawn[1][0].start[:-1], weights)


def test_orders_drawn_together_are_those_drawn_alone():
    states = [f.state for f in next(draw_folds(1, [[(40, 6)] * 3], dims=2, epochs=2))]
    together = draw_orders(states, train=40, validation=6, epochs=2)
    for fold, state in enumerate(states):
        alone = draw_orders([state], train=40, validation=6, epochs=2)
        np.testing.assert_array_equal(together[0][fold], alone[0][0])
        np.testing.assert_array_equal(together[1][fold], alone[1][0])


@pytest.mark.parametrize("count", [0, 1, 623, 624, 625, 5000])
def test_the_compiled_loop_passes_over_as_many_numbers(count):
    stream = TorchStream(3)
    state = stream.state()
    stream.skip(count)
    used = skip(state, int(state[-1]), count)
    state[-1] = used
    expected = stream.words(4)
    np.testing.assert_array_equal(TorchStream.at(state).words(4), expected)
