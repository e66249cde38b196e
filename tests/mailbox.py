"""A mail server on loopback, as far as a client needs one (RFC 5321, 4.1.1)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Mailbox:
    url: str = ""
    letters: list[EmailMessage] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    """What clients have said, without the letters."""
    refuses: bool = False
    """Whether recipients are turned away."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 mail.test")
        while line := (await reader.readline()).decode().strip():
            self.commands.append(line)
            verb = line.split()[0].upper()
            if verb == "RCPT" and self.refuses:
                say("550 no such mailbox")
            elif verb == "DATA":
                say("354 go on")
                content = await reader.readuntil(b"\r\n.\r\n")
                letter = message_from_bytes(content[:-3], policy=policy.default)
                assert isinstance(letter, EmailMessage)
                self.letters.append(letter)
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                break
            else:
                say("250 OK")
        writer.close()


@asynccontextmanager
async def mailbox() -> AsyncIterator[Mailbox]:
    opened = Mailbox()
    server = await asyncio.start_server(opened.talk, "127.0.0.1", 0)
    async with server:
        opened.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield opened
