/* How much room there is, where a stylesheet alone cannot decide. */
import { MediaQuery } from 'svelte/reactivity';

/** A phone: the bar is at the bottom, and what is rarely used stands in a menu. */
export const narrow = new MediaQuery('(max-width: 700px)');

/** A touch screen: swipes turn pages, and nothing can be pointed at. */
export const noHover = new MediaQuery('(hover: none)');
