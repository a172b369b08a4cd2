using System.Globalization;

namespace FastMerge.Recipe;

/// <summary>Numbers and switches as YAML 1.1 and its readers write them.</summary>
static class YamlNumeral
{
    /// <summary>
    /// Parses a number: <c>1</c>, <c>.5</c>, <c>1e-5</c>, <c>1_000</c>, <c>0x1F</c>, <c>0b11</c>, <c>0o17</c>,
    /// <c>.inf</c>, <c>.nan</c>; without quotes a leading zero means octal.
    /// </summary>
    public static bool TryParse(string text, bool plain, out double value)
    {
        value = 0;
        var negative = text.StartsWith('-');
        var body = negative || text.StartsWith('+') ? text[1..] : text;
        if (!TryParseUnsigned(body, plain, out value)) return false;
        if (negative) value = -value;
        return true;
    }

    /// <summary>Parses a switch: true, yes, on and their opposites.</summary>
    public static bool TryParseSwitch(string text, out bool value)
    {
        var word = text.ToLowerInvariant();
        value = word is "true" or "yes" or "on";
        return value || word is "false" or "no" or "off";
    }

    static bool TryParseUnsigned(string body, bool plain, out double value)
    {
        value = body.ToLowerInvariant() switch
        {
            ".inf" or "inf" or "infinity" => double.PositiveInfinity,
            ".nan" or "nan" => double.NaN,
            _ => 0,
        };
        if (value != 0) return true;
        if (body.Length == 0 || !(char.IsAsciiDigit(body[0]) || body[0] == '.')) return false;
        var digits = body.Replace("_", "", StringComparison.Ordinal);
        var (radix, from) = Radix(digits, plain);
        return radix == 10
            ? double.TryParse(digits, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture, out value)
            : TryParseRadix(digits.AsSpan(from), radix, out value);
    }

    static (int Radix, int From) Radix(string digits, bool plain)
    {
        if (digits.Length < 2 || digits[0] != '0') return (10, 0);
        return digits[1] switch
        {
            'x' or 'X' => (16, 2),
            'b' or 'B' => (2, 2),
            'o' or 'O' => (8, 2),
            _ => plain && digits.All(c => c is >= '0' and <= '7') ? (8, 1) : (10, 0),
        };
    }

    static bool TryParseRadix(ReadOnlySpan<char> digits, int radix, out double value)
    {
        value = 0;
        foreach (var c in digits)
        {
            if (!char.IsAsciiHexDigit(c)) return false;
            var digit = char.IsAsciiDigit(c) ? c - '0' : char.ToLowerInvariant(c) - 'a' + 10;
            if (digit >= radix) return false;
            value = value * radix + digit;
        }
        return digits.Length > 0;
    }
}
