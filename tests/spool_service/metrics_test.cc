// SPDX-License-Identifier: Apache-2.0

// The metrics page of examples/spool_service, read as Prometheus reads it.
#include "examples/spool_service/pages/metrics.h"

#include <fcntl.h>
#include <unistd.h>

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "finalize/in_flight.h"
#include "finalize/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace {

using spool_service::Metrics;
using spool_service::MetricsText;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;

// A page in the text format, read strictly: it has every rule of the format
// that a page could break, and some of `promtool check metrics`.
class Page {
 public:
  explicit Page(const std::string& text) {
    if (text.empty() || text.back() != '\n') Wrong("does not end a line");
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) Read(line);
    if (!family_.empty() && samples_ == 0 && !may_be_empty_.count(family_)) {
      Wrong(family_ + " has no samples");
    }
  }

  std::vector<std::string> wrong;
  std::map<std::string, double> values;  // by name and labels

 private:
  void Wrong(const std::string& what) { wrong.push_back(what); }

  static bool IsName(const std::string& name) {
    if (name.empty() || isdigit(static_cast<unsigned char>(name[0]))) {
      return false;
    }
    for (const unsigned char c : name) {
      if (!isalnum(c) && c != '_') return false;
    }
    return true;
  }

  void Read(const std::string& line) {
    std::istringstream words(line);
    std::string mark, keyword, name;
    if (line.rfind("# ", 0) == 0) {
      words >> mark >> keyword >> name;
      std::string rest;
      std::getline(words, rest);
      if (!IsName(name)) Wrong("not a name: " + line);
      if (keyword == "HELP") {
        if (!seen_.insert(name).second) Wrong("twice: " + line);
        family_ = name;
        typed_ = false;
        samples_ = 0;
        if (rest.size() < 2) Wrong("no help: " + line);
      } else if (keyword == "TYPE") {
        if (name != family_ || typed_) Wrong("not behind its HELP: " + line);
        typed_ = true;
        if (rest != " counter" && rest != " gauge") Wrong("type: " + line);
        const bool total =
            name.size() > 6 && name.substr(name.size() - 6) == "_total";
        if (total != (rest == " counter")) Wrong("_total: " + line);
      } else {
        Wrong("unknown comment: " + line);
      }
      return;
    }
    ReadSample(line);
  }

  void ReadSample(const std::string& line) {
    size_t at = line.find_first_of("{ ");
    if (at == std::string::npos) return Wrong("no value: " + line);
    if (line.substr(0, at) != family_ || !typed_) {
      Wrong("not of the last family: " + line);
    }
    if (line[at] == '{' && !SkipLabels(line, &at)) {
      return Wrong("labels: " + line);
    }
    if (line[at] != ' ') return Wrong("no space: " + line);
    const std::string number = line.substr(at + 1);
    char* end = nullptr;
    const double value = std::strtod(number.c_str(), &end);
    if (number.empty() || isspace(static_cast<unsigned char>(number[0])) ||
        *end != '\0') {
      return Wrong("not a number: " + line);
    }
    ++samples_;
    if (!values.emplace(line.substr(0, at), value).second) {
      Wrong("twice: " + line);
    }
  }

  // Leaves *at behind the closing brace.
  static bool SkipLabels(const std::string& line, size_t* at) {
    for (;;) {
      ++*at;
      const size_t equals = line.find("=\"", *at);
      if (equals == std::string::npos) return false;
      if (!IsName(line.substr(*at, equals - *at))) return false;
      *at = equals + 2;
      for (; *at < line.size() && line[*at] != '"'; ++*at) {
        if (line[*at] != '\\') continue;
        ++*at;
        if (*at == line.size() || !strchr("\\n\"", line[*at])) return false;
      }
      if (*at + 1 >= line.size()) return false;
      ++*at;
      if (line[*at] == '}') return ++*at, *at < line.size();
      if (line[*at] != ',') return false;
    }
  }

  const std::set<std::string> may_be_empty_ = {"finalize_pending_by_place"};
  std::set<std::string> seen_;
  std::string family_;
  bool typed_ = false;
  int samples_ = 0;
};

// The reader finds what is wrong.
TEST(MetricsPageTest, WrongPagesAreFound) {
  const std::string family = "# HELP a Help.\n# TYPE a gauge\n";
  EXPECT_THAT(Page(family + "a 1\n").wrong, IsEmpty());
  EXPECT_THAT(Page(family + "a{b=\"c\\n\\\"\"} +Inf\n").wrong, IsEmpty());
  for (const char* sample :
       {"a 1", "a  1\n", "a\n", "a one\n", "b 1\n", "a{b=c} 1\n",
        "a{b=\"c} 1\n", "a{b=\"\\c\"} 1\n", "a{b=\"c\"}1\n", "a{1=\"c\"} 1\n",
        "a{b=\"c\"\n", "a 1\na 2\n", "a{b=\"c\nd\"} 1\n"}) {
    EXPECT_FALSE(Page(family + sample).wrong.empty()) << sample;
  }
  EXPECT_FALSE(Page("a 1\n").wrong.empty());
  EXPECT_FALSE(Page("# HELP a Help.\na 1\n").wrong.empty());
  EXPECT_FALSE(Page("# HELP a Help.\n# TYPE a counter\na 1\n").wrong.empty());
  EXPECT_FALSE(Page(family + "a 1\n" + family + "a 1\n").wrong.empty());
}

TEST(MetricsTextTest, Escapes) {
  MetricsText text;
  text.Family("a", "gauge", "One \\ two\nthree \"four\".");
  text.Sample(1.5, {{"b", "x\\y\"z\nw\xff\xc3\xa9"}, {"c", ""}});
  EXPECT_EQ(text.text(),
            "# HELP a One \\\\ two\\nthree \"four\".\n# TYPE a gauge\n"
            "a{b=\"x\\\\y\\\"z\\nw\xef\xbf\xbd\xc3\xa9\",c=\"\"} 1.5\n");
  EXPECT_THAT(Page(text.text()).wrong, IsEmpty());
}

// What is cut off or overlong in UTF-8 is replaced, byte by byte.
TEST(MetricsTextTest, ReplacesWhatIsNotUtf8) {
  MetricsText text;
  text.Family("a", "gauge", "Help.");
  text.Sample(1, {{"b", "\xc0\x80|\xed\xa0\x80|\xf0\x9f\x98\x80|\xe2\x82"}});
  const std::string r = "\xef\xbf\xbd";
  EXPECT_THAT(text.text(), HasSubstr("a{b=\"" + r + r + "|" + r + r + r +
                                     "|\xf0\x9f\x98\x80|" + r + r + "\"} 1\n"));
}

TEST(MetricsTextTest, Numbers) {
  MetricsText text;
  text.Single("a", "gauge", "Help.", 12345678901234.0);
  text.Single("b", "gauge", "Help.", 0.25);
  text.Single("c", "gauge", "Help.", HUGE_VAL);
  EXPECT_THAT(text.text(), HasSubstr("\na 12345678901234\n"));
  EXPECT_THAT(text.text(), HasSubstr("\nb 0.25\n"));
  EXPECT_THAT(text.text(), HasSubstr("\nc +Inf\n"));
}

// The page of a service: well formed from the start, and counts.
TEST(MetricsTest, CountsUploadsAndAnswers) {
  Metrics metrics;
  const Page empty(metrics.Text(nullptr));
  EXPECT_THAT(empty.wrong, IsEmpty());
  EXPECT_EQ(empty.values.at("spool_answers_total{status=\"200\"}"), 0);
  metrics.CountUpload(100, 3);
  metrics.CountUpload(50, 1);
  metrics.CountAnswer(200);
  metrics.CountAnswer(503);
  metrics.CountAnswer(503);
  metrics.CountAnswer(99);
  metrics.CountAnswer(600);
  const Page page(metrics.Text(nullptr));
  EXPECT_THAT(page.wrong, IsEmpty());
  EXPECT_EQ(page.values.at("spool_uploads_total"), 2);
  EXPECT_EQ(page.values.at("spool_upload_bytes_total"), 150);
  EXPECT_EQ(page.values.at("spool_upload_entries_total"), 4);
  EXPECT_EQ(page.values.at("spool_answers_total{status=\"200\"}"), 1);
  EXPECT_EQ(page.values.at("spool_answers_total{status=\"503\"}"), 2);
  EXPECT_EQ(page.values.at("spool_answers_total{status=\"other\"}"), 2);
}

TEST(MetricsTest, ShowsWhatIsPendingAndInFlight) {
  finalize::InFlight requests("requests");
  auto ticket = requests.Enter("GET /");
  ASSERT_TRUE(ticket.ok()) << ticket.status();
  const std::string before = Metrics().Text(&requests);
  finalize::Registry registry;
  const int line = __LINE__ + 1;
  for (int i = 0; i < 2; ++i) registry.Register([] {});
  const Page page(Metrics().Text(&requests));
  EXPECT_THAT(page.wrong, IsEmpty());
  EXPECT_EQ(page.values.at("spool_requests_in_flight"), 1);
  EXPECT_EQ(page.values.at("finalize_pending") -
                Page(before).values.at("finalize_pending"),
            2);
  EXPECT_EQ(page.values.at("finalize_pending_by_place{place=\"" +
                           std::string(__FILE__) + ":" + std::to_string(line) +
                           "\"}"),
            2);
  EXPECT_GT(page.values.at("finalize_oldest_pending_seconds"), 0);
  registry.CancelAll();
}

// A callback that reads the page is running.
TEST(MetricsTest, ShowsWhatRuns) {
  finalize::Registry registry;
  std::string text;
  registry.Register([&] { text = Metrics().Text(nullptr); });
  registry.Drain();
  const Page page(text);
  EXPECT_THAT(page.wrong, IsEmpty());
  EXPECT_EQ(page.values.at("finalize_running"), 1);
  EXPECT_THAT(page.values, Contains(Key("finalize_longest_running_seconds")));
}

TEST(MetricsTest, ShowsWhatTheKernelSays) {
  const Page before(Metrics().Text(nullptr));
  const int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  const Page page(Metrics().Text(nullptr));
  EXPECT_EQ(page.values.at("process_open_fds"),
            before.values.at("process_open_fds") + 1);
  close(descriptor);
  EXPECT_GT(page.values.at("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GE(page.values.at("process_cpu_seconds_total"), 0);
}

}  // namespace
