/**
 * Face recognition: one API over the engine on this machine.
 *
 * <p>{@link io.facebridge.Client} has the operations, {@link io.facebridge.AsyncClient} the same as futures. Results
 * and options are immutable records; where a component may be absent it is {@code null}, and its description says so.
 * Every failure is a {@link io.facebridge.FaceException}, whose {@link io.facebridge.FaceException#kind() kind} says
 * what went wrong. A {@code null} or negative argument is one of kind
 * {@link io.facebridge.ErrorKind#INVALID_ARGUMENT}.
 */
package io.facebridge;
