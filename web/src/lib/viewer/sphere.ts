/* A picture all around, seen from its middle. Each point of the screen asks the flat picture what
 * stands in its direction, so a rectangle and one shader do: no mesh, no library. */

export interface Look {
  /** Radians to the right of the middle of the picture, and up from the horizon. */
  yaw: number;
  pitch: number;
  /** Radians from the lower to the upper edge of the view. */
  field: number;
}

export const startLook: Look = { yaw: 0, pitch: 0, field: (75 / 180) * Math.PI };
const narrowest = (20 / 180) * Math.PI;
const widest = (110 / 180) * Math.PI;

/** Around as often as one likes, but never over the head. */
export function limitLook({ yaw, pitch, field }: Look): Look {
  const circle = 2 * Math.PI;
  return {
    yaw: yaw - circle * Math.round(yaw / circle),
    pitch: Math.min(Math.PI / 2, Math.max(-Math.PI / 2, pitch)),
    field: Math.min(widest, Math.max(narrowest, field)),
  };
}

const vertexShader = `#version 300 es
in vec2 corner;
out vec2 at;
void main () {
  at = corner;
  gl_Position = vec4 (corner, 0.0, 1.0);
}`;

const fragmentShader = `#version 300 es
precision highp float;
in vec2 at;
out vec4 color;
uniform sampler2D picture;
uniform vec2 extent; // half of the view at distance 1
uniform vec2 look;   // yaw, pitch
const float PI = 3.14159265358979;
void main () {
  vec3 ray = normalize (vec3 (at * extent, -1.0));
  float s = sin (look.y), c = cos (look.y);
  ray = vec3 (ray.x, c * ray.y - s * ray.z, s * ray.y + c * ray.z);
  float yaw = atan (ray.x, -ray.z) + look.x;
  vec2 place = vec2 (yaw / (2.0 * PI) + 0.5, acos (clamp (ray.y, -1.0, 1.0)) / PI);
  // Where the picture meets itself its coordinate jumps: that is no reason to blur.
  vec2 dx = dFdx (place), dy = dFdy (place);
  dx.x -= round (dx.x);
  dy.x -= round (dy.x);
  color = textureGrad (picture, place, dx, dy);
}`;

function compile(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertexShader],
    [gl.FRAGMENT_SHADER, fragmentShader],
  ] as const) {
    const shader = gl.createShader(type);
    if (!shader) throw new Error('no shader');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS))
    throw new Error(gl.getProgramInfoLog(program) ?? 'the shader cannot be linked');
  return program;
}

/** The picture no larger than the graphics card takes. */
function shrink(image: HTMLImageElement, most: number): TexImageSource {
  const scale = most / Math.max(image.naturalWidth, image.naturalHeight);
  if (scale >= 1) return image;
  const canvas = document.createElement('canvas');
  canvas.width = Math.floor(image.naturalWidth * scale);
  canvas.height = Math.floor(image.naturalHeight * scale);
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

export class Sphere {
  private readonly extent: WebGLUniformLocation | null;
  private readonly look: WebGLUniformLocation | null;

  private constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly gl: WebGL2RenderingContext,
  ) {
    const program = compile(gl);
    gl.useProgram(program);
    const corners = new Float32Array([-1, -1, 3, -1, -1, 3]); // one triangle covers the view
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, corners, gl.STATIC_DRAW);
    const corner = gl.getAttribLocation(program, 'corner');
    gl.enableVertexAttribArray(corner);
    gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
    this.extent = gl.getUniformLocation(program, 'extent');
    this.look = gl.getUniformLocation(program, 'look');
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.REPEAT);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  }

  /** Null where there is no WebGL 2 that works. */
  static on(canvas: HTMLCanvasElement): Sphere | null {
    // What is drawn can be read again, by tests and by those who copy the picture.
    const gl = canvas.getContext('webgl2', { preserveDrawingBuffer: true });
    try {
      return gl ? new Sphere(canvas, gl) : null;
    } catch {
      return null; // a graphics driver that does not know the shader
    }
  }

  setPicture(picture: HTMLImageElement | HTMLVideoElement): void {
    const { gl } = this;
    const isImage = picture instanceof HTMLImageElement;
    const most = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    const source = isImage ? shrink(picture, most) : picture;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, source);
    // Smaller copies of a moving picture would have to be made for every frame.
    const filter = isImage ? gl.LINEAR_MIPMAP_LINEAR : gl.LINEAR;
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter);
    if (isImage) gl.generateMipmap(gl.TEXTURE_2D);
  }

  draw({ yaw, pitch, field }: Look): void {
    const { gl, canvas } = this;
    const scale = Math.min(2, devicePixelRatio);
    const width = Math.max(1, Math.round(canvas.clientWidth * scale));
    const height = Math.max(1, Math.round(canvas.clientHeight * scale));
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    gl.viewport(0, 0, width, height);
    const half = Math.tan(field / 2);
    gl.uniform2f(this.extent, (half * width) / height, half);
    gl.uniform2f(this.look, yaw, pitch);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  free(): void {
    this.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}
