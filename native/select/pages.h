// pages.h - zero-filled arrays whose memory is there only once it is touched.
#ifndef FASTMERGE_SELECT_PAGES_H
#define FASTMERGE_SELECT_PAGES_H
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include "fastmerge.h"

namespace fm {

template <class T>
class Pages {
  static_assert(std::is_trivial_v<T>);

 public:
  Pages() = default;
  explicit Pages(int64_t count) : _bytes(count * static_cast<int64_t>(sizeof(T))) {
    void* memory = nullptr;
    if (fm_allocate(_bytes, &memory, nullptr) != FM_OK) throw std::bad_alloc();
    _data = static_cast<T*>(memory);
  }
  Pages(Pages&& other) noexcept
      : _data(std::exchange(other._data, nullptr)), _bytes(std::exchange(other._bytes, 0)) {}
  Pages& operator=(Pages&& other) noexcept {
    std::swap(_data, other._data);
    std::swap(_bytes, other._bytes);
    return *this;
  }
  ~Pages() { fm_free(_data, _bytes); }

  /// Bytes that count elements take.
  static int64_t bytes(int64_t count) {
    return (count * static_cast<int64_t>(sizeof(T)) + page - 1) / page * page;
  }

  explicit operator bool() const { return _data != nullptr; }
  T& operator[](int64_t index) const { return _data[index]; }
  T* data() const { return _data; }

 private:
  static constexpr int64_t page = 65536;  // the largest page of the machines we run on
  T* _data = nullptr;
  int64_t _bytes = 0;
};

}  // namespace fm
#endif
