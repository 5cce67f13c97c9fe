package io.facebridge;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;

/** Images of java.desktop as pixels. Apart from {@link ImageInput}, so that the rest works without that module. */
final class BufferedImages {
    private BufferedImages() {}

    static ImageInput pixels(BufferedImage image) {
        return switch (image.getType()) {
            case BufferedImage.TYPE_3BYTE_BGR -> inPlace(image.getRaster(), PixelFormat.BGR);
            case BufferedImage.TYPE_BYTE_GRAY -> inPlace(image.getRaster(), PixelFormat.GREY);
            default -> converted(image);
        };
    }

    /** The pixels where they lie; a sub-image shares the array of its parent and begins within it. */
    private static ImageInput inPlace(Raster raster, PixelFormat format) {
        DataBuffer data = raster.getDataBuffer();
        ComponentSampleModel model = (ComponentSampleModel) raster.getSampleModel();
        int stride = model.getScanlineStride();
        int first = data.getOffset()
                + (raster.getMinY() - raster.getSampleModelTranslateY()) * stride
                + (raster.getMinX() - raster.getSampleModelTranslateX()) * model.getPixelStride();
        int length = stride * (raster.getHeight() - 1) + raster.getWidth() * model.getPixelStride();
        return ImageInput.pixels(
                ((DataBufferByte) data).getData(),
                first,
                length,
                raster.getWidth(),
                raster.getHeight(),
                stride,
                format);
    }

    private static ImageInput converted(BufferedImage image) {
        BufferedImage bgr = new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_3BYTE_BGR);
        Graphics2D graphics = bgr.createGraphics();
        try {
            graphics.drawImage(image, 0, 0, null);
        } finally {
            graphics.dispose();
        }
        return inPlace(bgr.getRaster(), PixelFormat.BGR);
    }
}
