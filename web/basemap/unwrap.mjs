// Rings that cross the 180th meridian, made continuous: the tile cutter then wraps what stands outside the world.

const POLE = 90;

/** A line whose longitudes never jump; they may leave -180 to 180. */
function continuous(line) {
  let shift = 0;
  return line.map(([x, y], i) => {
    if (i > 0) {
      const step = x - line[i - 1][0];
      if (step > 180) shift -= 360;
      else if (step < -180) shift += 360;
    }
    return [x + shift, y];
  });
}

/** A ring, closed; one that goes round a pole is closed over that pole. */
function ring(points) {
  const line = continuous(points);
  const [first, last] = [line[0], line[line.length - 1]];
  if (Math.abs(last[0] - first[0]) < 180) return line;
  const pole = first[1] < 0 ? -POLE : POLE;
  return [...line, [last[0], pole], [first[0], pole], first];
}

const polygon = (rings) => {
  const [outer, ...holes] = rings.map(ring);
  const middle = (Math.min(...outer.map(([x]) => x)) + Math.max(...outer.map(([x]) => x))) / 2;
  const near = (hole) => {
    const shift = Math.round((middle - hole[0][0]) / 360) * 360;
    return hole.map(([x, y]) => [x + shift, y]);
  };
  return [outer, ...holes.map(near)];
};

/** The same geometry without jumps. */
export function unwrap(geometry) {
  const { type, coordinates } = geometry;
  if (type === "Polygon") return { type, coordinates: polygon(coordinates) };
  if (type === "MultiPolygon") return { type, coordinates: coordinates.map(polygon) };
  if (type === "LineString") return { type, coordinates: continuous(coordinates) };
  if (type === "MultiLineString") return { type, coordinates: coordinates.map(continuous) };
  return geometry;
}
