// Finds where a country's name stands: the point of its largest part that is farthest from the edge.

const STEPS = 24;

/** The label point of a (multi)polygon, and the distance in degrees to its edge, as a measure of size. */
export function labelPoint(geometry) {
  const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const ring = parts.map((part) => part[0]).reduce((a, b) => (area(b) > area(a) ? b : a));
  const xs = ring.map(([x]) => x);
  const ys = ring.map(([, y]) => y);
  const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  let best = { point: [(west + east) / 2, (south + north) / 2], size: 0 };
  for (let i = 1; i < STEPS; i += 1) {
    for (let j = 1; j < STEPS; j += 1) {
      const point = [west + ((east - west) * i) / STEPS, south + ((north - south) * j) / STEPS];
      if (!inside(point, ring)) continue;
      const size = edgeDistance(point, ring);
      if (size > best.size) best = { point: [world(point[0]), point[1]].map((value) => Number(value.toFixed(3))), size };
    }
  }
  return { point: best.point, size: Number(best.size.toFixed(3)) };
}

const world = (longitude) => ((((longitude + 180) % 360) + 360) % 360) - 180;

function area(ring) {
  let sum = 0;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    sum += (ring[j][0] - ring[i][0]) * (ring[j][1] + ring[i][1]);
  }
  return Math.abs(sum);
}

function inside([x, y], ring) {
  let odd = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [ax, ay] = ring[i];
    const [bx, by] = ring[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}

function edgeDistance([x, y], ring) {
  const squeeze = Math.cos((y * Math.PI) / 180);
  let least = Infinity;
  for (const [ax, ay] of ring) least = Math.min(least, ((ax - x) * squeeze) ** 2 + (ay - y) ** 2);
  return Math.sqrt(least);
}
