"""What Home Assistant's integration does, by its own client. home_assistant.py PORT KEY PHOTO ALBUM TAG PERSON

Prints a JSON object of what it was told; any answer that it cannot read is an exception."""
import asyncio
import json
import sys

import aiohttp
from aioimmich import Immich

port, key, photo, album, tag, person = sys.argv[1:]


async def main():
    async with aiohttp.ClientSession() as session:
        peer = Immich(session, key, "127.0.0.1", int(port), False)
        await peer.async_setup()
        sent = await peer.assets.async_upload_asset(photo)
        added = await peer.albums.async_add_assets_to_album(album, [sent.asset_id])
        await peer.server.async_get_storage_info()
        await peer.server.async_get_version_check()
        out = {
            "version": (await peer.server.async_get_about_info()).version,
            "photos": (await peer.server.async_get_server_statistics()).photos,
            "me": (await peer.users.async_get_my_user()).name,
            "sent": sent.status,
            "added": [each.success for each in added],
            "albums": [each.album_name for each in await peer.albums.async_get_all_albums()],
            "album": (await peer.albums.async_get_album_info(album)).asset_count,
            "in_album": len(await peer.search.async_get_all_by_album_ids([album])),
            "tagged": len(await peer.search.async_get_all_by_tag_ids([tag])),
            "of_person": len(await peer.search.async_get_all_by_person_ids([person])),
            "favourites": len(await peer.search.async_get_all_favorites()),
            "people": [each.name for each in await peer.people.async_get_all_people()],
            "tags": [each.name for each in await peer.tags.async_get_all_tags()],
            "face": (await peer.people.async_get_person_thumbnail(person))[:2].hex(),
            "thumbnail": (await peer.assets.async_view_asset(sent.asset_id, size="fullsize"))[:2].hex(),
        }
    print(json.dumps(out))


asyncio.run(main())
