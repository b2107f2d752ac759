/** docs/amocrm-contract.md §4.1: the images in their exact sizes, still, and small. */
const LOGOS = {
  'images/logo_main.png': [400, 272],
  'images/logo_small.png': [108, 108],
  'images/logo.png': [130, 100],
  'images/logo_medium.png': [240, 84],
  'images/logo_min.png': [84, 84],
  'images/logo_dp.png': [174, 109],
};
const TOUR = [1188, 616];
const LIMIT = 300_000; // bytes
const SIGNATURE = '89504e470d0a1a0a';

export const rules = {
  *'image-size'({ files, manifest }) {
    const tour = Object.values(manifest.tour?.tour_images ?? {}).flat().map((name) => [name.replace(/^\//, ''), TOUR]);
    for (const [file, [width, height]] of [...Object.entries(LOGOS), ...tour]) {
      const image = files.has(file) && readPng(files.get(file));
      if (image && (image.width !== width || image.height !== height)) yield { file, message: `${image.width}×${image.height}; must be ${width}×${height}` };
    }
  },

  *'image-weight'({ files }) {
    for (const [file, { length }] of images(files)) if (length > LIMIT) yield { file, message: `${length} bytes; ${LIMIT} at most` };
  },

  *'image-kind'({ files }) {
    for (const [file, bytes] of images(files)) if (!readPng(bytes)) yield { file, message: 'is not a PNG: all images of ours are' };
  },

  *'image-still'({ files }) {
    for (const [file, bytes] of images(files)) if (readPng(bytes)?.chunks.includes('acTL')) yield { file, message: 'is animated' };
  },
};

function images(files) {
  return [...files].filter(([file]) => file.startsWith('images/'));
}

/** Size and names of chunks of a PNG; null when it is none. */
function readPng(data) {
  const bytes = Buffer.from(data);
  if (bytes.subarray(0, 8).toString('hex') !== SIGNATURE) return null;
  const chunks = [];
  for (let at = 8; at + 8 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) chunks.push(bytes.toString('latin1', at + 4, at + 8));
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), chunks };
}
