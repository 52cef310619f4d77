/* MapLibre with our coarse world: nothing is asked of any other host. This file and all it needs is
 * loaded only when a map is shown. */
import type { Map as WorldMap, StyleSpecification } from 'maplibre-gl';
import maplibre from 'maplibre-gl/dist/maplibre-gl-csp';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-csp-worker.js?url';
import 'maplibre-gl/dist/maplibre-gl.css';
import worldUrl from '../api/generated/world.json?url';
import { mapColours } from './map_colours';
import { t } from './preferences.svelte';

maplibre.setWorkerUrl(new URL(workerUrl, import.meta.url).href);

export { maplibre };

/** Beyond this the coast is too coarse to tell anything. */
export const closest = 13;

export function canShowMaps(): boolean {
  const context = document.createElement('canvas').getContext('webgl2');
  context?.getExtension('WEBGL_lose_context')?.loseContext();
  return context !== null;
}

/** In the colours of the page. */
function worldStyle(isDark: boolean): StyleSpecification {
  const { sea, land, coast, border } = mapColours[isDark ? 'dark' : 'light'];
  return {
    version: 8,
    sources: {
      world: {
        type: 'geojson',
        data: new URL(worldUrl, import.meta.url).href,
        attribution: 'Natural Earth',
        maxzoom: 9,
      },
    },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': sea } },
      {
        id: 'land',
        type: 'fill',
        source: 'world',
        filter: ['==', ['get', 'kind'], 'land'],
        paint: { 'fill-color': land },
      },
      {
        id: 'coast',
        type: 'line',
        source: 'world',
        filter: ['==', ['get', 'kind'], 'land'],
        paint: { 'line-color': coast, 'line-width': 0.8 },
      },
      {
        id: 'borders',
        type: 'line',
        source: 'world',
        filter: ['==', ['get', 'kind'], 'border'],
        paint: { 'line-color': border, 'line-width': 0.8, 'line-dasharray': [3, 2] },
      },
    ],
  };
}

export interface WorldMapOptions {
  container: HTMLElement;
  isDark: boolean;
  center?: [number, number];
  zoom?: number;
}

export function makeWorldMap({
  container,
  isDark,
  center = [8, 30],
  zoom = 1.2,
}: WorldMapOptions): WorldMap {
  const map = new maplibre.Map({
    container,
    style: worldStyle(isDark),
    center,
    zoom,
    maxZoom: closest,
    dragRotate: false,
    pitchWithRotate: false,
    attributionControl: { compact: true },
    fadeDuration: 0,
    locale: {
      'NavigationControl.ZoomIn': t().actions.zoomIn,
      'NavigationControl.ZoomOut': t().map.zoomOut,
      'Map.Title': t().areas.map,
      'AttributionControl.ToggleAttribution': t().map.source,
    },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), 'top-right');
  return map;
}
