// The two programs of the units layer: movement and size of a point, and the shape that tells its status.

export const VERTEX = `#version 300 es
precision highp float;
layout(location = 0) in vec4 from_at; // x, y, low part of x, low part of y
layout(location = 1) in vec4 to_at;
layout(location = 2) in vec4 facts; // start, span, fix time, status * 512 + course
uniform mat4 matrix;
uniform vec4 centre; // x high, x low, y high, y low
uniform float now;
uniform float fixNow;
uniform float size;
uniform float selected;
uniform float ratio;
flat out int status;
out float turn;
out float strength;
out float chosen;
out float pixels;

void main() {
  float share = clamp((now - facts.x) / max(facts.y, 1.0), 0.0, 1.0);
  vec2 start = (from_at.xy - centre.xz) + (from_at.zw - centre.yw);
  vec2 end = (to_at.xy - centre.xz) + (to_at.zw - centre.yw);
  vec2 at = mix(start, end, share);
  at.x -= round(at.x); // the shortest way round the world
  gl_Position = matrix * vec4(at, 0.0, 1.0);
  status = int(floor(facts.w / 512.0));
  turn = radians(mod(facts.w, 512.0));
  chosen = abs(float(gl_VertexID) - selected) < 0.5 ? 1.0 : 0.0;
  // Old data looks old: full for a minute, fading over six hours.
  float age = max(fixNow - facts.z, 0.0);
  strength = chosen > 0.5 ? 1.0 : mix(1.0, 0.45, smoothstep(60.0, 21600.0, age));
  pixels = (size + 4.0) * 2.0 * ratio * (chosen > 0.5 ? 1.55 : 1.0);
  gl_PointSize = pixels;
  if (status == 5) gl_Position = vec4(2.0, 2.0, 2.0, 1.0); // private: nothing is drawn
}
`;

export const FRAGMENT = `#version 300 es
precision highp float;
uniform float size;
uniform vec3 colours[6];
uniform vec3 surface;
uniform vec3 ink;
flat in int status;
in float turn;
in float strength;
in float chosen;
in float pixels;
out vec4 colour;

float box(vec2 p, float half_side) { vec2 d = abs(p) - half_side; return length(max(d, 0.0)) + min(max(d.x, d.y), 0.0); }
float arrow(vec2 p) { // a dart that points up
  p.x = abs(p.x);
  float right = dot(p - vec2(0.0, -0.62), normalize(vec2(0.90, -0.42)));
  float tail = dot(p - vec2(0.0, 0.22), normalize(vec2(-0.42, 0.90)));
  return max(right, tail);
}

void main() {
  vec2 p = (gl_PointCoord - 0.5) * 2.0;
  float soft = 2.4 / pixels;
  if (pixels < 22.0) soft = 3.0 / pixels;
  vec2 turned = vec2(cos(turn) * p.x + sin(turn) * p.y, -sin(turn) * p.x + cos(turn) * p.y);
  float edge;
  if (status == 3) edge = size < 9.0 && chosen < 0.5 ? length(p) - 0.46 : arrow(turned) - 0.06;
  else if (status == 1) edge = box(p, 0.34) - 0.06;
  else if (status == 4) edge = (abs(p.x) + abs(p.y)) * 0.75 - 0.46;
  else edge = length(p) - 0.46;
  vec3 fill = colours[status];
  float ring = 1.0 - smoothstep(0.0, soft, abs(edge + 0.09) - 0.075);
  float inner = 1.0 - smoothstep(-soft, 0.0, edge);
  float rim = 1.0 - smoothstep(0.0, soft, edge - 0.12);
  vec4 drawn = vec4(surface, 1.0) * rim;
  drawn = mix(drawn, vec4(fill, 1.0), status == 0 ? ring * inner : inner);
  if (chosen > 0.5) {
    float halo = 1.0 - smoothstep(0.0, soft, abs(length(p) - 0.88) - 0.045);
    drawn = drawn + vec4(ink, 1.0) * halo * (1.0 - drawn.a);
  }
  colour = drawn * strength;
  if (colour.a < 0.01) discard;
}
`;
