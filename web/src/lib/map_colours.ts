/* The colours of the map of the world, which go with those of the page. */
export const mapColours = {
  light: { sea: '#d6dcd9', land: '#f7f1e6', coast: '#897d6b', border: '#aa9c86' },
  dark: { sea: '#14181a', land: '#3a332b', coast: '#74685b', border: '#85786a' },
};
