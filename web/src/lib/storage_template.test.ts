import { describe, expect, it } from 'vitest';
import { renderTemplate, type TemplatePhoto } from './storage_template';

const photo: TemplatePhoto = {
  taken: new Date(2021, 0, 3, 15, 4, 5),
  filename: 'IMG_1',
  extension: 'jpg',
  assetId: '0c0c7b2e-6b7a-4b5c-9f4e-0a1b2c3d4e5f',
  album: 'Snow',
  make: 'Canon',
  model: 'R5',
  lensModel: '',
};

describe('a storage template', () => {
  it.each([
    ['{{y}}/{{y}}-{{MM}}-{{dd}}/{{filename}}', '2021/2021-01-03/IMG_1.jpg'],
    ['{{yy}}/{{MMM}} {{MMMM}}/{{hh}}{{H}}{{mm}}{{ss}}', '21/Jan January/03150405.jpg'],
    ['{{y}}-{{WW}}/{{assetIdShort}}', '2021-53/0a1b2c3d4e5f.jpg'],
    ['{{#if album}}{{album}}{{else}}Other{{/if}}/{{filename}}', 'Snow/IMG_1.jpg'],
    ['{{#if lensModel}}{{lensModel}}{{else}}no lens{{/if}}', 'no lens.jpg'],
    ['{{make}}/{{model}}/{{lensModel}}/{{{filename}}}', 'Canon/R5/IMG_1.jpg'],
    ['{{album-startDate-y}}', '2021.jpg'],
  ])('%s', (template, path) => expect(renderTemplate(template, photo)).toBe(path));

  it.each(['{{nothing}}', '{{y', '{{/if}}', '{{#if album}}x', '{{else}}', '{{#if x}}y{{/if}}'])(
    'has a mistake: %s',
    (template) => expect(renderTemplate(template, photo)).toBeNull(),
  );
});
