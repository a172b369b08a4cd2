// Malformed programs and runs are refused with a reason; nothing crashes.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "checks.h"
#include "sample_programs.h"

namespace fm_test {
namespace {

std::string refusal(const std::vector<uint32_t>& words) {
  fm_program* program = nullptr;
  fm_error error{};
  const fm_status status =
      fm_program_create(words.data(), static_cast<int64_t>(words.size()), &program, &error);
  fm_program_destroy(program);
  if (status == FM_OK) return "";
  EXPECT_EQ(status, FM_INVALID_ARGUMENT);
  EXPECT_EQ(program, nullptr);
  EXPECT_EQ(error.status, status);
  EXPECT_EQ(std::strchr(error.text, '\n'), nullptr);
  return error.text;
}

template <class Build>
std::vector<uint32_t> build(Build&& fill) {
  ProgramBuilder b;
  fill(b);
  return b.words();
}

struct BadProgram {
  const char* reason;  // a part of the message
  std::vector<uint32_t> words;
};

std::vector<BadProgram> bad_programs() {
  const uint32_t r0 = FM_OPERAND(FM_OPERAND_REGISTER, 0);
  return {
      {"never stored", build([](auto& b) { b.store(b.load_single(), 1); })},
      {"stored twice", build([](auto& b) {
         uint32_t x = b.load_single();
         b.store(x), b.store(x);
       })},
      {"unknown", build([](auto& b) { b.add(99, b.load_single()); })},
      {"outside a loop", build([](auto& b) { b.store(b.load_model()); })},
      {"outside a loop", build([](auto& b) { b.add(FM_OP_SUM_MODELS, b.load_single()); })},
      {"outside a loop", build([](auto& b) { b.add(FM_OP_MOVE, b.model_uniform()); })},
      {"inside a loop", build([](auto& b) {
         uint32_t x = b.load_single();
         b.begin_loop();
         b.store(x);
       })},
      {"inside a loop", build([](auto& b) { b.begin_loop(), b.begin_loop(); })},
      {"no END_MODELS", build([](auto& b) { b.begin_loop(); })},
      {"END_MODELS outside", build([](auto& b) { b.end_loop(); })},
      {"before it is written", build([&](auto& b) { b.add(FM_OP_MOVE, r0); })},
      {"before it is written", build([](auto& b) {
         b.begin_loop();
         b.add(FM_OP_MOVE, b.add(FM_OP_SUM_MODELS, b.load_model()));
         b.end_loop();
       })},
      {"written twice", build([&](auto& b) {
         b.load_single();
         b.emit(FM_OP_MOVE, 0, r0);
       })},
      {"one value per model", build([](auto& b) {
         b.begin_loop();
         const uint32_t x = b.load_model();
         b.end_loop();
         b.store(x);
       })},
      {"single value", build([](auto& b) { b.reduce(FM_OP_REDUCE_GRAM, b.load_single()); })},
      {"mask", build([](auto& b) { b.store(b.add(FM_OP_LESS, b.load_single(), b.literal(1))); })},
      {"mask", build([](auto& b) { b.add(FM_OP_NOT, b.load_single()); })},
      {"needs a register", build([](auto& b) { b.store(b.literal(1)); })},
      {"operand too many", build([](auto& b) {
         uint32_t x = b.load_single();
         b.add(FM_OP_ABS, x, x);
       })},
      {"malformed", build([](auto& b) { b.add(FM_OP_ABS, FM_NO_OPERAND); })},
      {"no register 7", build([](auto& b) { b.add(FM_OP_ABS, FM_OPERAND(FM_OPERAND_REGISTER, 7)); })},
      {"no uniform", build([](auto& b) { b.add(FM_OP_ABS, FM_OPERAND(FM_OPERAND_UNIFORM, 0)); })},
      {"no literal", build([](auto& b) { b.add(FM_OP_ABS, FM_OPERAND(FM_OPERAND_LITERAL, 0)); })},
      {"names slot", build([](auto& b) { b.add(FM_OP_KEEP_LARGEST, b.load_single()); })},
      {"names slot", build([](auto& b) { b.add(FM_OP_RANDOM_KEEP, b.load_single()); })},
      {"names slot", build([](auto& b) { b.add(FM_OP_ROUND_TO, b.load_single(), kNone, kNone, 6); })},
      {"names slot", build([](auto& b) { b.add(FM_OP_RANDOM_KEEP_AT, b.load_single(), b.literal(1)); })},
      {"RANDOM_KEEP and RANDOM_KEEP_AT", build([](auto& b) {
         b.randoms = 1;
         const uint32_t kept = b.add(FM_OP_RANDOM_KEEP, b.load_single());
         b.add(FM_OP_RANDOM_KEEP_AT, kept, b.literal(1));
       })},
      {"names slot", build([](auto& b) { b.add(FM_OP_LOAD_ARRAY); })},
      {"outside a loop", build([](auto& b) { b.load_model_array(); })},
      {"outside a loop", build([](auto& b) { b.add(FM_OP_LARGEST_MODELS, b.load_single()); })},
      {"before it is written", build([](auto& b) {
         b.begin_loop();
         b.add(FM_OP_MOVE, b.add(FM_OP_MAX_MODELS, b.load_model()));
         b.end_loop();
       })},
      {"immediate", build([](auto& b) { b.add(FM_OP_ABS, b.load_single(), kNone, kNone, 1); })},
      {"destination", build([](auto& b) { b.begin_loop(), b.emit(FM_OP_END_MODELS, 1); })},
  };
}

TEST(Program, MalformedProgramsAreRefusedWithTheReason) {
  for (const BadProgram& bad : bad_programs()) {
    const std::string text = refusal(bad.words);
    EXPECT_NE(text.find(bad.reason), std::string::npos)
        << "'" << text << "' should say '" << bad.reason << "'";
  }
}

TEST(Program, HeadIsChecked) {
  const std::vector<uint32_t> good = copy_program();
  ASSERT_EQ(refusal(good), "");
  for (size_t word = 0; word < 16; ++word)
    for (const uint32_t value : {0xffffffffu, 0x7fffffffu, good[word] + 1}) {
      std::vector<uint32_t> bad = good;
      bad[word] = value;
      // More single inputs, uniforms, cuts, masks or arrays than the code uses are harmless.
      const bool counts_inputs = word == 4 || word == 5 || (word >= 6 && word <= 9) || word >= 14;
      if (value == good[word] + 1 && counts_inputs) continue;
      EXPECT_NE(refusal(bad), "") << "word " << word << " = " << value;
    }
  for (size_t length = 0; length < good.size(); ++length)
    EXPECT_NE(refusal({good.begin(), good.begin() + length}), "");
}

// Any words at all: refused, or a program that runs.
TEST(Program, RandomChangesNeverCrash) {
  std::mt19937 random(7);
  std::vector<std::vector<uint32_t>> seeds = {operation_programs().back().words,
                                              reduction_programs()[0].words};
  for (const CatalogueProgram& p : catalogue()) seeds.push_back(p.words);
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    std::vector<uint32_t> words = seeds[random() % seeds.size()];
    for (uint32_t changes = 1 + random() % 2; changes; --changes) {
      uint32_t& word = words[16 + random() % (words.size() - 16)];
      const uint32_t choices[] = {word + 1, word - 1, words[16 + random() % (words.size() - 16)],
                                  static_cast<uint32_t>(random())};
      word = choices[random() % 4];
    }
    std::string problem;
    const Program program = create(words, &problem);
    if (!program) continue;
    ++accepted;
    RunData data(words, {.count = 70});
    data.run.flags = FM_FLAG_INTERPRET;
    std::vector<double> sums(512);
    EXPECT_EQ(fm_map_run(program.get(), &data.run, nullptr), words[11] ? FM_OK : FM_INVALID_ARGUMENT);
    EXPECT_EQ(fm_reduce_run(program.get(), &data.run, sums.data(), 512, nullptr),
              words[12] ? FM_OK : FM_INVALID_ARGUMENT);
  }
  EXPECT_GT(accepted, 500);
}

TEST(Run, BadRunsAreRefusedWithTheReason) {
  const std::vector<uint32_t> words = operation_programs().back().words;
  std::string problem;
  const Program program = create(words, &problem);
  const auto text_of = [&](auto change) {
    RunData data(words, {});
    change(data.run);
    fm_error error{};
    EXPECT_EQ(fm_map_run(program.get(), &data.run, &error), FM_INVALID_ARGUMENT);
    return std::string(error.text);
  };
  EXPECT_NE(text_of([](fm_run& r) { r.struct_size = 8; }).find("struct_size"), std::string::npos);
  EXPECT_NE(text_of([](fm_run& r) { r.flags = 64; }).find("flags"), std::string::npos);
  EXPECT_NE(text_of([](fm_run& r) { r.models = 0; }).find("models"), std::string::npos);
  EXPECT_NE(text_of([](fm_run& r) { r.element_count = -1; }).find("element_count"), std::string::npos);
  EXPECT_NE(text_of([](fm_run& r) { r.first_element = -1; }).find("first_element"), std::string::npos);
  EXPECT_NE(text_of([](fm_run& r) { r.row_length = -5; }).find("row_length"), std::string::npos);
  EXPECT_NE(text_of([](fm_run& r) { r.single_inputs = nullptr; }).find("single input"), std::string::npos);
  EXPECT_NE(text_of([](fm_run& r) { r.model_inputs[1].dtype = 6; }).find("dtype 6"), std::string::npos);
  EXPECT_NE(text_of([](fm_run& r) { r.model_inputs[2].data = nullptr; }).find("no data"), std::string::npos);
  EXPECT_NE(text_of([](fm_run& r) { r.uniforms = nullptr; }).find("uniforms"), std::string::npos);
  EXPECT_NE(text_of([](fm_run& r) { r.outputs[0].data = r.model_inputs[0].data; }).find("overlaps"),
            std::string::npos);
}

TEST(Target, UnknownNamesAreUnsupportedAndListWhatThereIs) {
  fm_error error{};
  EXPECT_EQ(fm_target_select("x86-64-v9", &error), FM_UNSUPPORTED);
  for (const std::string& target : targets())
    EXPECT_NE(std::string(error.text).find(target), std::string::npos) << error.text;
}

TEST(Target, SelectedTargetIsTheOneInUse) {
  ASSERT_FALSE(targets().empty());
  for (const std::string& target : targets()) {
    ASSERT_EQ(fm_target_select(target.c_str(), nullptr), FM_OK);
    char name[32];
    int32_t needed = 0;
    ASSERT_EQ(fm_target_name(name, sizeof name, &needed, nullptr), FM_OK);
    EXPECT_EQ(name, target);
    EXPECT_EQ(needed, static_cast<int32_t>(target.size()) + 1);
    EXPECT_EQ(fm_target_name(name, 3, &needed, nullptr), FM_INVALID_ARGUMENT);
  }
  ASSERT_EQ(fm_target_select(nullptr, nullptr), FM_OK);
}

TEST(Abi, VersionIsTheHeaders) { EXPECT_EQ(fm_abi_version(), FM_ABI_VERSION); }

}  // namespace
}  // namespace fm_test
