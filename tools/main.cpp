// Composition only: parse, run the chosen command, say what went wrong in one line.
#include "tools/program.hpp"

int main(int argument_count, char** arguments) {
    return pawl::tools::run(argument_count, arguments);
}
