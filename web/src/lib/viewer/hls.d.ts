/* The build of hls.js without what our streams do not have: other sound tracks, subtitles, keys. */
declare module 'hls.js/light' {
  import Hls from 'hls.js';
  export * from 'hls.js';
  export default Hls;
}
