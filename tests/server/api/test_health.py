"""The health of the server."""


def test_an_idle_server_is_well(quick):
    found = quick.client().get("/api/v1/health")
    assert found.status_code == 200
    assert found.json() == {
        "status": "ok",
        "queued": 0,
        "running": 0,
        "oldest_queued_seconds": 0.0,
    }


def test_what_waits_is_counted_with_its_age(quick, clock):
    quick.hand_in("ada")
    clock.move(seconds=90)
    found = quick.client().get("/api/v1/health").json()
    assert found["queued"] == 1
    assert found["oldest_queued_seconds"] == 90.0
