"""The server that commands are compared with: FastAPI, SQLAlchemy, an insert, a commit, nothing else."""

import os
import sys
from uuid import UUID

import uvicorn
from buurtthuis.core.work import Receipt, new_id
from buurtthuis_surveys.api.themes import ProposeThemeBody
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase): ...


class BareTheme(Base):
    __tablename__ = "bare_themes"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    house_id: Mapped[UUID]
    title: Mapped[str]
    captured_via: Mapped[str]
    state: Mapped[str]
    version: Mapped[int]


TABLE = """
    CREATE TABLE bare_themes (
        id uuid PRIMARY KEY, house_id uuid NOT NULL, title text NOT NULL,
        captured_via text NOT NULL, state text NOT NULL, version integer NOT NULL
    );
    CREATE INDEX ON bare_themes (house_id, id);
    GRANT ALL ON bare_themes TO surveys
"""

app = FastAPI()
sessions = async_sessionmaker(
    create_async_engine(os.environ.get("DATABASE_URL", "postgresql+asyncpg://"), pool_size=10)
)


@app.get("/readyz")
async def ready() -> str:
    return "ready"


@app.post("/themes", status_code=201)
async def propose(body: ProposeThemeBody) -> Receipt:
    id = new_id()
    async with sessions.begin() as session:
        session.add(
            BareTheme(
                id=id,
                house_id=body.house_id,
                title=body.title,
                captured_via=body.captured_via,
                state="proposed",
                version=1,
            )
        )
    return Receipt(id=id, version=1)


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="warning")
