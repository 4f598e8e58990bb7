// --ready-file: whoever waits for the server looks for this file, whole or not there at all.
#pragma once

#include <sys/types.h>

#include <string>

namespace pawl::app {

class ready_file {
public:
    // Empty: no file. One that an earlier process left behind is removed. Throws refused(usage), also where something
    // other than a regular file stands there.
    explicit ready_file(std::string path);
    ~ready_file(); // remove()
    ready_file(const ready_file&) = delete;
    ready_file& operator=(const ready_file&) = delete;

    // `line` ends with a line feed. Written beside the place and moved there. Throws refused(usage).
    void write(const std::string& line);
    // Only what write() put there.
    void remove();

private:
    std::string path_;
    bool written_ = false;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

} // namespace pawl::app
