"""Files about what happened, written as streams; the tuple below is every format of a track."""

from waykeep.reports import csv, geojson, gpx, kml

EXPORTS = {export.name: export for export in (gpx.EXPORT, kml.EXPORT, geojson.EXPORT, csv.EXPORT)}
