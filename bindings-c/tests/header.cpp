// Both headers compile by themselves in every standard of C++ from 17 on, also twice in one program.
#include <facebridge/facebridge.hpp>

#include <facebridge/facebridge.h>
#include <facebridge/facebridge.hpp>

int main() { return facebridge::DetectOptions().max_faces == 1 ? 0 : 1; }
