// Packs a picture as small as PNG does it without loss: each row with the filter that leaves least, then deflate at its best.
// Reads and writes what Chromium's screenshots are: eight bits a channel, RGB or RGBA, not interlaced.

import { deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const CRC = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k += 1) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n >>> 0;
});
const crc = (bytes) => (bytes.reduce((sum, byte) => CRC[(sum ^ byte) & 0xff] ^ (sum >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;

function paeth(a, b, c) {
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** What a filter predicts (PNG, 9.2): from the byte to the left, above, and above to the left. */
const PREDICT = [() => 0, (a) => a, (_, b) => b, (a, b) => (a + b) >> 1, paeth];

/** Chunks of a PNG by name; several of one name are joined. */
function chunks(png) {
  if (!png.subarray(0, 8).equals(SIGNATURE)) throw new Error("not a PNG");
  const found = {};
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const name = png.toString("latin1", at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    found[name] = found[name] ? Buffer.concat([found[name], data]) : data;
    at += 12 + length;
  }
  return found;
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), body.length + 4);
  return out;
}

/** Rows of pixels without filters. */
function rows(png) {
  const { IHDR, IDAT } = chunks(png);
  const [width, height, depth, colour, interlaced] = [IHDR.readUInt32BE(0), IHDR.readUInt32BE(4), IHDR[8], IHDR[9], IHDR[12]];
  if (depth !== 8 || interlaced || ![2, 6].includes(colour)) throw new Error("not such a PNG as Chromium makes");
  const size = colour === 6 ? 4 : 3;
  const raw = inflateSync(IDAT);
  const all = [];
  let above = Buffer.alloc(width * size);
  for (let y = 0; y < height; y += 1) {
    const start = y * (width * size + 1);
    const [predict, row] = [PREDICT[raw[start]], Buffer.from(raw.subarray(start + 1, start + 1 + width * size))];
    for (let x = 0; x < row.length; x += 1) {
      const left = x >= size ? row[x - size] : 0;
      row[x] = (row[x] + predict(left, above[x], x >= size ? above[x - size] : 0)) & 0xff;
    }
    all.push(row);
    above = row;
  }
  return { width, height, size, all };
}

/** The same picture, smaller. Transparency is dropped where there is none. */
export function pack(png) {
  const { width, height, size, all } = rows(png);
  const opaque = size === 3 || all.every((row) => row.every((byte, at) => at % 4 !== 3 || byte === 255));
  const channels = opaque ? 3 : 4;
  const plain = size === channels ? all : all.map((row) => row.filter((_, at) => at % 4 !== 3));
  let above = Buffer.alloc(width * channels);
  const filtered = plain.map((row) => {
    const tried = PREDICT.map((predict, kind) => {
      const out = Buffer.alloc(row.length + 1);
      out[0] = kind;
      let cost = 0;
      for (let x = 0; x < row.length; x += 1) {
        const left = x >= channels ? row[x - channels] : 0;
        const byte = (row[x] - predict(left, above[x], x >= channels ? above[x - channels] : 0)) & 0xff;
        out[x + 1] = byte;
        cost += byte < 128 ? byte : 256 - byte;
      }
      return { cost, out };
    });
    above = row;
    return tried.reduce((best, one) => (one.cost < best.cost ? one : best)).out;
  });
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, opaque ? 2 : 6, 0, 0, 0], 8);
  const data = deflateSync(Buffer.concat(filtered), { level: 9, memLevel: 9 });
  return Buffer.concat([SIGNATURE, chunk("IHDR", head), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}
