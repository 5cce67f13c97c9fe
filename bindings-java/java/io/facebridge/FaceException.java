package io.facebridge;

/**
 * Any failure of this library.
 *
 * <p>The message says what to do next and never quotes pictures, embeddings, names, identifiers or keys.
 */
public final class FaceException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What went wrong. */
    private final ErrorKind kind;

    /** The remote system's own code, or null. */
    private final String vendorCode;

    /** The image check code, or null. */
    private final Integer checkCode;

    /** The remote system's identifier of the call, or null. */
    private final String traceId;

    /** Whether the same call may succeed later. */
    private final boolean retryable;

    FaceException(ErrorKind kind, String message) {
        this(kind, message, null, null, null, false);
    }

    private FaceException(
            ErrorKind kind, String message, String vendorCode, Integer checkCode, String traceId, boolean retryable) {
        super(message);
        this.kind = kind;
        this.vendorCode = vendorCode;
        this.checkCode = checkCode;
        this.traceId = traceId;
        this.retryable = retryable;
    }

    /** Reads what the native library wrote in place of an answer. */
    static FaceException read(Reader in) {
        return new FaceException(
                ErrorKind.read(in),
                in.text(),
                in.option(Reader::text),
                in.option(Reader::u32),
                in.option(Reader::text),
                in.bool());
    }

    /** A fault of this library itself. */
    static FaceException internal(String message) {
        return new FaceException(ErrorKind.INTERNAL, message + " Please report it.");
    }

    /**
     * What went wrong.
     *
     * @return one of a closed list, for {@code switch}
     */
    public ErrorKind kind() {
        return kind;
    }

    /**
     * The remote system's own code.
     *
     * @return the code, or {@code null} where no remote system answered
     */
    public String vendorCode() {
        return vendorCode;
    }

    /**
     * The image check code (0, 10, 20, 30, 31, 40 or 50).
     *
     * @return the code, or {@code null} where the image is not the reason
     */
    public Integer checkCode() {
        return checkCode;
    }

    /**
     * The identifier under which the remote system logged the call.
     *
     * @return the identifier, or {@code null} where there is none
     */
    public String traceId() {
        return traceId;
    }

    /**
     * Whether the same call may succeed later without any change.
     *
     * @return whether to try again
     */
    public boolean retryable() {
        return retryable;
    }
}
