#!/bin/sh
# fuzz_metadata_corpus.sh FOLDER -- small files of every container and kind of metadata, to start from
#
# Needs vips, exiftool and ffmpeg.
set -eu
folder=$1
mkdir -p "$folder"
cd "$folder"
vips gaussnoise noise.v 32 24
vips cast noise.v byte.v uchar
vips bandjoin "byte.v byte.v byte.v" colour.v
for kind in jpg png webp tif gif heic avif jxl jp2; do
    vips copy colour.v "plain.$kind" 2>/dev/null || continue
    exiftool -q -m -o "full.$kind" -Make=Canon -Model='EOS R5' -Orientation#=6 \
        '-DateTimeOriginal=2020:07:01 12:00:00' -OffsetTimeOriginal=+05:30 -SubSecTimeOriginal=123 \
        -ISO=400 -FNumber=1.8 -LensModel='24-70mm f/2.8' -GPSLatitude=52.5 -GPSLatitudeRef=N \
        -GPSLongitude=13.4 -GPSLongitudeRef=E -GPSDateStamp=2020:07:01 -GPSTimeStamp=10:00:00 \
        -IPTC:Keywords=one -IPTC:Keywords=two -IPTC:Caption-Abstract=text \
        -IPTC:DateCreated=2020:07:01 -IPTC:TimeCreated=12:00:00+05:30 \
        -XMP-dc:Subject=a -XMP-dc:Subject=b -XMP-xmp:Rating=4 -XMP-dc:Description=text \
        -XMP-digiKam:TagsList=x/y '-XMP-lr:HierarchicalSubject=x|y' -XMP-aux:LensID=202 \
        -XMP-GPano:ProjectionType=equirectangular -XMP-GCamera:MotionPhoto=1 \
        '-XMP-mwg-rs:RegionInfo={AppliedToDimensions={W=32,H=24,Unit=pixel},RegionList=[{Area={X=.5,Y=.5,W=.2,H=.2,Unit=normalized},Name=A,Type=Face}]}' \
        "plain.$kind" 2>/dev/null || true
done
exiftool -q -o sidecar.xmp -XMP-dc:Subject=a -XMP-xmp:Rating=3 -XMP-exif:GPSLatitude=52.5 \
    '-XMP-photoshop:DateCreated=2020:07:01 12:00:00+02:00' 2>/dev/null || true
for kind in webp gif apng avif; do
    ffmpeg -v error -y -f lavfi -i testsrc=s=32x24:r=10:d=0.5 -f "$kind" "moving.$kind" 2>/dev/null || true
done
rm -f ./*.v
