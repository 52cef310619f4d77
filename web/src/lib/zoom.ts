/* Zooming and moving a picture on a stage. A place is the offset of the picture's middle from the
 * middle of the stage, in pixels of the screen. */

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

export interface Zoom extends Point {
  scale: number;
}

export const fitted: Zoom = { scale: 1, x: 0, y: 0 };
export const largestScale = 8;

/** The size of a picture that just fits the stage. */
export function fit(ratio: number, stage: Size): Size {
  const width = Math.min(stage.width, stage.height * ratio);
  return { width, height: width / ratio };
}

/** Keep the picture on the stage: its edge is never further in than the stage's, and a side that
 *  fits is centred. */
export function clamp(zoom: Zoom, picture: Size, stage: Size): Zoom {
  const scale = Math.min(largestScale, Math.max(1, zoom.scale));
  const limit = (shown: number, room: number): number => Math.max(0, (shown * scale - room) / 2);
  const limitX = limit(picture.width, stage.width);
  const limitY = limit(picture.height, stage.height);
  return {
    scale,
    x: Math.min(limitX, Math.max(-limitX, zoom.x)),
    y: Math.min(limitY, Math.max(-limitY, zoom.y)),
  };
}

/** Change the scale so that what is under @point stays under it. */
export function zoomAt(zoom: Zoom, point: Point, scale: number): Zoom {
  const next = Math.min(largestScale, Math.max(1, scale));
  const factor = next / zoom.scale;
  return {
    scale: next,
    x: point.x - (point.x - zoom.x) * factor,
    y: point.y - (point.y - zoom.y) * factor,
  };
}
