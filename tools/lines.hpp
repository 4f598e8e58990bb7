// Lines of a file or of stdin, one at a time, each bounded; and a file that is written whole or not at all. One thread.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

namespace pawl::tools {

class line_source {
public:
    // "-" and "" are stdin. Throws tool_error (2).
    explicit line_source(const std::string& path);
    ~line_source();
    line_source(const line_source&) = delete;
    line_source& operator=(const line_source&) = delete;

    // The next line without its end (LF or CRLF); false at the end. Of a line longer than `size_max` only its first
    // size_max + 1 bytes come. Throws tool_error (70) where it can't be read.
    bool next(std::string& line, std::size_t size_max);
    // One byte, or EOF.
    int next_byte();
    std::size_t number() const { return number_; } // of the last line, from 1

private:
    void check() const;
    std::string name_;
    std::FILE* file_ = nullptr;
    std::size_t number_ = 0;
};

class line_target {
public:
    // "-" and "" are stdout. Else a temporary file beside it (0600), which gets the name at the end.
    explicit line_target(const std::string& path);
    ~line_target(); // removes what was not finished
    line_target(const line_target&) = delete;
    line_target& operator=(const line_target&) = delete;

    void add(const std::string& line);
    // Synced, renamed. Throws tool_error (70), as add() does.
    void finish();
    bool is_stdout() const { return path_.empty(); }

private:
    [[noreturn]] void fail() const;
    std::string path_, temporary_;
    std::FILE* file_ = nullptr;
    bool finished_ = false;
};

} // namespace pawl::tools
