#include "select/direct_reading.h"

#include <algorithm>
#include <span>
#include <vector>

#include "cpu/program.h"
#include "cpu/run_check.h"
#include "cpu/targets.h"
#include "memory/guard.h"

namespace fm {
namespace {

constexpr int32_t tile_elements = 1024;

enum class Shape { other, single, models, differences };

Shape shape_of(const fm_program& program) {
  const auto& code = program.code;
  auto is = [&](size_t at, uint32_t op) { return code[at].op == op; };
  if (program.histograms.size() != 1 || program.outputs > 0 || !program.reductions.empty())
    return Shape::other;
  if (code.size() == 2 && is(0, FM_OP_LOAD_SINGLE) && is(1, FM_OP_HISTOGRAM)) return Shape::single;
  if (code.size() == 4 && is(0, FM_OP_FOR_MODELS) && is(1, FM_OP_LOAD_MODEL) && is(2, FM_OP_HISTOGRAM)) {
    return Shape::models;
  }
  if (code.size() == 6 && is(0, FM_OP_LOAD_SINGLE) && is(1, FM_OP_FOR_MODELS) && is(2, FM_OP_LOAD_MODEL) &&
      is(3, FM_OP_SUB) && is(4, FM_OP_HISTOGRAM)) {
    const auto &single = code[0], &model = code[2], &difference = code[3];
    bool in_this_order = difference.a == model.destination && difference.b == single.destination &&
                         code[4].a == difference.destination;
    return in_this_order ? Shape::differences : Shape::other;
  }
  return Shape::other;
}

bool is_direct(int32_t dtype) { return dtype == FM_F32 || dtype == FM_BF16 || dtype == FM_F16; }

/// Has the next tile brought into the cache while this one is counted: the processor's own prefetching
/// stops when the reading does. Never faults.
inline void fetch_ahead(const void* data, int64_t bytes) {
  const auto* first = static_cast<const char*>(data);
  for (int64_t at = 0; at < bytes; at += 64) __builtin_prefetch(first + at);
}

/// Floats as the tile operations want them.
struct alignas(64) Tile {
  float values[tile_elements];
};

/// A tile of a buffer.
struct Elements {
  Elements(const fm_buffer& buffer, int64_t first)
      : dtype(buffer.dtype), data(static_cast<const char*>(buffer.data) + first * size_of(buffer.dtype)) {
    fetch_ahead(data + tile_elements * size_of(dtype), tile_elements * size_of(dtype));
  }

  bool are_finite(const TargetTable& target, int32_t count) const {
    return target.count_nonfinite[dtype](data, count) == 0;
  }

  /// Decodes, less the subtrahend's unless that is null.
  void decode(const TargetTable& target, const float* subtrahend, float* tile, int32_t count) const {
    const int64_t offset = 0;
    TileOp op = {nullptr, tile, &data, subtrahend, &offset, nullptr, 0};
    auto run = subtrahend == nullptr ? target.load[dtype] : target.load_subtract[dtype];
    run(op, count);
  }

  int32_t dtype;
  const char* data;
};

/// One chunk of a program of a known shape.
class Reader {
 public:
  Reader(const fm_program& program, Shape shape, fm_run& run, TileSink& sink, NanBits nan,
         const TargetTable& target)
      : _program(program),
        _target(target),
        _shape(shape),
        _run(run),
        _sink(sink),
        _looks(nan == NanBits::canonical || run.flags != 0),
        _single(shape == Shape::models ? nullptr : &run.single_inputs[program.code[0].immediate]),
        _models(run.model_inputs, shape == Shape::single ? 0 : static_cast<size_t>(run.models)) {
    const uintptr_t alignment = shape == Shape::single ? alignof(float) : alignof(Tile);  // as a subtrahend
    if (_single != nullptr && _single->dtype == FM_F32 &&
        reinterpret_cast<uintptr_t>(_single->data) % alignment == 0) {
      _in_place = static_cast<const float*>(_single->data);
    }
  }

  bool is_direct() const {
    bool single = _single == nullptr || fm::is_direct(_single->dtype);
    return single &&
           std::all_of(_models.begin(), _models.end(), [](auto& b) { return fm::is_direct(b.dtype); });
  }

  fm_status read(fm_error* error) {
    for (int64_t at = 0; at < _run.element_count; at += tile_elements) {
      auto count = static_cast<int32_t>(std::min<int64_t>(tile_elements, _run.element_count - at));
      fm_status status = read_tile(at, count, error);
      if (status != FM_OK) return status;
    }
    return FM_OK;
  }

 private:
  fm_status read_tile(int64_t at, int32_t count, fm_error* error) {
    const float* base = _in_place == nullptr ? nullptr : _in_place + at;
    if (_single != nullptr) {
      Elements elements(*_single, at);
      if (_looks && !elements.are_finite(_target, count)) return interpret(at, count, 0, error);
      if (base == nullptr) elements.decode(_target, nullptr, _base.values, count);
    }
    if (base == nullptr) base = _base.values;
    if (_shape == Shape::single) _sink.take(0, _run.first_element + at, base, count);
    for (int32_t k = 0; k < static_cast<int32_t>(_models.size()); ++k) {
      Elements elements(_models[static_cast<size_t>(k)], at);
      if (_looks && !elements.are_finite(_target, count)) return interpret(at, count, k, error);
      elements.decode(_target, _single == nullptr ? nullptr : base, _tile.values, count);
      _sink.take(k, _run.first_element + at, _tile.values, count);
    }
    return FM_OK;
  }

  /// Leaves a tile to the interpreter, which knows what to do with NaN and Inf; the sink has the values of
  /// the models before `first_entry` already.
  fm_status interpret(int64_t at, int32_t count, int32_t first_entry, fm_error* error);

  const fm_program& _program;
  const TargetTable& _target;
  Shape _shape;
  fm_run& _run;
  TileSink& _sink;
  bool _looks;  // for NaN and Inf, which the interpreter then handles
  const fm_buffer* _single;
  const float* _in_place = nullptr;  // the single, where its elements can be used as they are
  std::span<const fm_buffer> _models;
  Tile _base, _tile;
};

/// Passes entries from a certain one on.
class LaterEntries final : public TileSink {
 public:
  LaterEntries(TileSink& sink, int32_t first_entry) : _sink(sink), _first_entry(first_entry) {}
  void take(int32_t entry, int64_t first_element, const float* values, int32_t count) override {
    if (entry >= _first_entry) _sink.take(entry, first_element, values, count);
  }

 private:
  TileSink& _sink;
  int32_t _first_entry;
};

/// Buffers of a tile, whose counts of NaN and Inf are added to the buffers they come from.
class TileBuffers {
 public:
  TileBuffers(fm_buffer* whole, int32_t count, int64_t at)
      : _whole(whole), _parts(whole, whole + (whole == nullptr ? 0 : count)) {
    for (fm_buffer& part : _parts) {
      part.data = static_cast<char*>(part.data) + at * size_of(part.dtype);
      part.nonfinite = 0;
    }
  }
  ~TileBuffers() {
    for (size_t i = 0; i < _parts.size(); ++i) _whole[i].nonfinite += _parts[i].nonfinite;
  }
  TileBuffers(const TileBuffers&) = delete;
  TileBuffers& operator=(const TileBuffers&) = delete;

  fm_buffer* data() { return _parts.data(); }

 private:
  fm_buffer* _whole;
  std::vector<fm_buffer> _parts;
};

// run_histograms has a guard of its own, so this function is never left by a fault.
fm_status Reader::interpret(int64_t at, int32_t count, int32_t first_entry, fm_error* error) {
  TileBuffers singles(_run.single_inputs, _program.single_inputs, at);
  TileBuffers models(_run.model_inputs, _program.model_inputs ? _run.models : 0, at);
  fm_run tile = _run;
  tile.first_element += at;
  tile.element_count = count;
  tile.single_inputs = singles.data();
  tile.model_inputs = models.data();
  LaterEntries later(_sink, first_entry);
  return run_histograms(_program, tile, later, error);
}

}  // namespace

fm_status read_magnitudes(const fm_program& program, fm_run& run, TileSink& sink, NanBits nan,
                          fm_error* error) {
  Shape shape = shape_of(program);
  fm_status status = check_run(&program, &run, Pass::kHistogram, error);
  if (status != FM_OK) return status;
  if (shape != Shape::other && (run.flags & FM_FLAG_INTERPRET) == 0) {
    const TargetTable* target;
    status = current_target(&target, error);
    if (status != FM_OK) return status;
    Reader reader(program, shape, run, sink, nan, *target);
    if (reader.is_direct()) return guarded([&] { return reader.read(error); }, error);
  }
  return run_histograms(program, run, sink, error);
}

}  // namespace fm
