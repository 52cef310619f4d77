import { describe, expect, it } from 'vitest';
import { nearestSize, parseVariants, sessionOf, sizesOf } from './stream';

const session = '0b1e2c3d-4f50-4161-8273-8495a6b7c8d9';
const playlist = [
  '#EXTM3U',
  '#EXT-X-VERSION:7',
  '#EXT-X-INDEPENDENT-SEGMENTS',
  '#EXT-X-STREAM-INF:BANDWIDTH=1620000,RESOLUTION=480x854,CODECS="hvc1.1.6.L90.B0,mp4a.40.2",FRAME-RATE=30.000',
  `${session}/1/playlist.m3u8?key=k`,
  '#EXT-X-STREAM-INF:BANDWIDTH=3375000,RESOLUTION=480x854,CODECS="avc1.64001e,mp4a.40.2",FRAME-RATE=30.000',
  `${session}/2/playlist.m3u8?key=k`,
  '#EXT-X-STREAM-INF:BANDWIDTH=6000000,RESOLUTION=720x1280,CODECS="avc1.64001f",FRAME-RATE=30.000',
  `${session}/5/playlist.m3u8?key=k`,
  '',
];

describe('a main playlist', () => {
  it('tells sizes, codecs and addresses, whatever ends its lines', () => {
    const variants = parseVariants(playlist.join('\n'));
    expect(variants).toHaveLength(3);
    expect(variants[1]).toEqual({
      width: 480,
      height: 854,
      codecs: 'avc1.64001e,mp4a.40.2',
      address: `${session}/2/playlist.m3u8?key=k`,
    });
    expect(parseVariants(playlist.join('\r\n'))).toEqual(variants);
    expect(sizesOf(variants)).toEqual([720, 480]);
  });

  it('may be something else', () => {
    expect(parseVariants('<html>')).toEqual([]);
    expect(sizesOf([])).toEqual([]);
  });
});

it('the session stands in the address of a playlist', () => {
  const address = `https://x.example/api/assets/${session.replace('0', '1')}/video/stream/${session}/2/playlist.m3u8`;
  expect(sessionOf(address)).toBe(session);
  expect(sessionOf('https://x.example/')).toBe('');
});

it('a size that is not offered becomes the next smaller one, or the smallest', () => {
  expect(nearestSize([1080, 720, 480], 720)).toBe(720);
  expect(nearestSize([1080, 720, 480], 1000)).toBe(720);
  expect(nearestSize([1080, 720, 480], 300)).toBe(480);
  expect(nearestSize([], 300)).toBeUndefined();
});
