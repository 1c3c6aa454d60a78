"""The routes of the API, under one address."""

from fastapi import APIRouter, Depends

from neucobench.server.accounts.requests import known_token
from neucobench.server.api import boards, challenges, health, submissions
from neucobench.server.api.answers import PREFIX
from neucobench.server.api.asking import refusals

router = APIRouter(
    prefix=PREFIX, dependencies=[Depends(known_token)], responses=refusals(401)
)
for part in (health, challenges, boards, submissions):
    router.include_router(part.router)
