package io.facebridge;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * An immutable list of numbers of single precision, such as the values of an embedding.
 *
 * <p>Two are equal where all their numbers are. The text form states the length only, because the values of an
 * embedding identify a person.
 */
public final class FloatVector {
    private final float[] values;

    private FloatVector(float[] values) {
        this.values = values;
    }

    /**
     * A vector of these numbers.
     *
     * @param values the numbers; they are copied
     * @return the vector
     */
    public static FloatVector of(float... values) {
        return new FloatVector(Checks.present("values", values).clone());
    }

    /** Takes over an array that nobody else keeps. */
    static FloatVector owning(float[] values) {
        return new FloatVector(values);
    }

    /**
     * How many numbers there are.
     *
     * @return the length
     */
    public int length() {
        return values.length;
    }

    /**
     * One of the numbers.
     *
     * @param index its position, from 0
     * @return the number
     * @throws IndexOutOfBoundsException where there is no such position
     */
    public float get(int index) {
        return values[index];
    }

    /**
     * The numbers as an array.
     *
     * @return a copy
     */
    public float[] toArray() {
        return values.clone();
    }

    /**
     * The numbers as a buffer, without a copy.
     *
     * @return a read-only view
     */
    public FloatBuffer asBuffer() {
        return FloatBuffer.wrap(values).asReadOnlyBuffer();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FloatVector vector && Arrays.equals(values, vector.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return "FloatVector(" + values.length + ")";
    }
}
