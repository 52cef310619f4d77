/* The faces of the photo that is open: shared by the boxes over the picture and the panel beside it. */
import {
  createFace,
  deleteFace,
  getFaces,
  reassignFacesById,
  type AssetFaceResponse,
  type PersonResponse,
} from '../api';
import { toasts } from './toasts.svelte';

/** In parts of the picture, from 0 to 1. */
export interface FaceBox {
  x: number;
  y: number;
  width: number;
  height: number;
}

export function boxOfFace(face: AssetFaceResponse): FaceBox {
  const [w, h] = [face.imageWidth || 1, face.imageHeight || 1];
  return {
    x: face.boundingBoxX1 / w,
    y: face.boundingBoxY1 / h,
    width: (face.boundingBoxX2 - face.boundingBoxX1) / w,
    height: (face.boundingBoxY2 - face.boundingBoxY1) / h,
  };
}

class FaceBoxes {
  assetId = $state<string | null>(null);
  list = $state.raw<readonly AssetFaceResponse[]>([]);
  /** Of the picture in pixels, upright. */
  size = $state.raw({ width: 1000, height: 1000 });
  /** All boxes are shown. */
  isShown = $state(false);
  /** Shown by itself, because the panel points at it. */
  pointedAt = $state<string | null>(null);
  /** A new box is being drawn. */
  isDrawing = $state(false);
  /** Raised when a person of the photo has come or gone. */
  changes = $state(0);

  async load(assetId: string, size = this.size): Promise<void> {
    this.size = size;
    if (this.assetId !== assetId) this.list = [];
    this.assetId = assetId;
    try {
      const faces = await getFaces({ id: assetId });
      if (this.assetId === assetId) this.list = faces;
    } catch (error) {
      if (this.assetId === assetId) toasts.error(error);
    }
  }

  leave(): void {
    this.assetId = null;
    this.list = [];
    this.isDrawing = false;
    this.pointedAt = null;
  }

  add(box: FaceBox, person: PersonResponse): Promise<boolean> {
    const { size } = this;
    return this.change((assetId) =>
      createFace({
        body: {
          assetId,
          personId: person.id,
          imageWidth: size.width,
          imageHeight: size.height,
          x: Math.round(box.x * size.width),
          y: Math.round(box.y * size.height),
          width: Math.max(1, Math.round(box.width * size.width)),
          height: Math.max(1, Math.round(box.height * size.height)),
        },
      }),
    );
  }

  reassign(face: AssetFaceResponse, person: PersonResponse): Promise<boolean> {
    // The path names the person, the body the face.
    return this.change(() => reassignFacesById({ id: person.id, body: { id: face.id } }));
  }

  remove(face: AssetFaceResponse): Promise<boolean> {
    return this.change(() => deleteFace({ id: face.id, body: { force: false } }));
  }

  private async change(run: (assetId: string) => Promise<unknown>): Promise<boolean> {
    const assetId = this.assetId;
    if (!assetId) return false;
    try {
      await run(assetId);
    } catch (error) {
      toasts.error(error);
      return false;
    }
    this.changes += 1;
    if (this.assetId === assetId) await this.load(assetId);
    return true;
  }
}

export const faceBoxes = new FaceBoxes();
