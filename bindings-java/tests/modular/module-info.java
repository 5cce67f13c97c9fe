/** A program in modules, for the module path. */
module modular {
    requires io.facebridge;
}
