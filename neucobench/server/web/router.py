"""All pages of the site, as one router."""

from fastapi import APIRouter

from neucobench.server.web import assets, challenges, health, pages
from neucobench.server.web.board import history, influence
from neucobench.server.web.board import pages as board_pages
from neucobench.server.web.desk import acts, desk
from neucobench.server.web.desk import people as desk_people
from neucobench.server.web.entries import methods, submissions, submitting
from neucobench.server.web.people import account, entering

router = APIRouter(include_in_schema=False)
for _part in (
    assets,
    pages,
    challenges,
    board_pages,
    history,
    methods,
    submitting,
    submissions,
    entering,
    account,
    health,
    desk,
    acts,
    desk_people,
    influence,
):
    router.include_router(_part.router)
