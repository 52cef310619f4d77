/* The builds of MapLibre that need neither eval nor a worker made of text. */
declare module 'maplibre-gl/dist/maplibre-gl-csp' {
  import * as maplibre from 'maplibre-gl';
  const all: typeof maplibre;
  export default all;
}
