using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Primitives;
using FastMerge.Recipe;

namespace FastMerge;

/// <summary>The recipe language as a JSON Schema, made from its keys and the method catalogue.</summary>
static class RecipeSchema
{
    const string Numeral = "^[-+]?(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+"
        + "|([0-9][0-9_]*(\\.[0-9_]*)?|\\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?)$";
    const string Numbers = "^ *[0-9]+ *(- *[0-9]+ *)?(, *[0-9]+ *(- *[0-9]+ *)?)*$";

    static readonly JsonSerializerOptions Layout = new()
    {
        WriteIndented = true, IndentCharacter = ' ', IndentSize = 2, NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    static IEnumerable<MethodSignature> Methods => MethodCatalog.All.Select(m => m.Signature);

    static IEnumerable<Parameter> Parameters => Methods.SelectMany(m => m.Parameters);

    /// <summary>The schema's text.</summary>
    public static string Text() => Root().ToJsonString(Layout) + "\n";

    static JsonObject Root()
    {
        var definitions = new JsonObject
        {
            ["recipe"] = Recipe(),
            ["rule"] = Closed(KnownKeys.Rule, ["tensors", "merge_method"], "Another method for some tensors.",
                new() { ["allOf"] = ByMethod(m => new() { ["parameters"] = ParametersOf(m) }) }),
            ["model"] = Closed(KnownKeys.Model, ["model"], "A model that is merged."),
            ["slice"] = Closed(KnownKeys.Slice, ["sources"], "Layers of the output."),
            ["source"] = Closed(KnownKeys.Source, ["model", "layer_range"], "Layers of a model."),
            ["module"] = Closed(KnownKeys.Module, [], "A part of an architecture.", OneOf("models", "slices")),
            ["selector"] = Closed(KnownKeys.Selector, [], "Tensors for which every condition holds.",
                new() { ["minProperties"] = 1 }),
            ["reference"] = AnyOf(Text("A folder, a .safetensors file, a hub id, or the name of another document."),
                Closed(KnownKeys.Reference, ["model"], "A model, perhaps with an adapter.",
                    key => key is "model" or "lora" ? Ref("path") : Text("The architecture to take for its own."))),
            ["path"] = AnyOf(Text("A path or a hub id."), Closed(KnownKeys.Path, ["path"], "A path or a hub id.",
                key => Text(key == "path" ? "The path." : "The revision of a hub id."))),
            ["tensors"] = AnyOf(Text("A part of the tensor's name, or * for all."), Ref("selector")),
            ["parameters"] = Named("Values for all models.", Names()),
            ["own_parameters"] = Named("Values for this model.", Names().Where(IsOwn)),
        };
        foreach (var method in Methods) definitions["parameters_" + method.Name] = Declared(method);
        return new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "FastMerge recipe",
            ["$ref"] = "#/$defs/recipe",
            ["$defs"] = definitions,
        };
    }

    /// <summary>The parameters of a method, and those of the inner method that is named beside them.</summary>
    static JsonObject Declared(MethodSignature method)
    {
        var declared = new JsonObject
        {
            ["description"] = $"What {method.Name} reads.",
            ["properties"] = Object(method.Parameters.Select(p => (p.Name, (JsonNode)Value(p)))),
        };
        if (method.Parameters.OfType<Inner>().FirstOrDefault() is { } inner)
            declared["allOf"] = new JsonArray([.. InnerMethods.Accepted(inner).Select(m => new JsonObject
            {
                ["if"] = new JsonObject
                {
                    ["required"] = new JsonArray(inner.Name),
                    ["properties"] = new JsonObject
                    {
                        [inner.Name] = new JsonObject { ["const"] = m.Signature.Name },
                    },
                },
                ["then"] = new JsonObject
                {
                    ["properties"] = Object(m.Signature.Parameters.Where(p => InnerMethod.Reads(method, p))
                        .Select(p => (p.Name, (JsonNode)Value(p)))),
                },
            })]);
        return declared;
    }

    static JsonObject Recipe()
    {
        var recipe = Closed(KnownKeys.Recipe, ["merge_method"], "A merge of models.",
            OneOf("models", "slices", "modules"));
        recipe["allOf"] = ByMethod(method =>
        {
            JsonObject Models() => Inside("items", new() { ["parameters"] = ParametersOf(method) });
            JsonObject Slices() => Inside("items", new()
            {
                ["parameters"] = ParametersOf(method),
                ["sources"] = Models(),
            });
            return new()
            {
                ["parameters"] = ParametersOf(method),
                ["models"] = Models(),
                ["slices"] = Slices(),
                ["modules"] = Inside("additionalProperties", new()
                {
                    ["parameters"] = ParametersOf(method), ["models"] = Models(), ["slices"] = Slices(),
                }),
            };
        });
        return recipe;
    }

    /// <summary>What a key takes, wherever it is written.</summary>
    static JsonObject OfKey(string key) => key switch
    {
        "name" => Text("The name by which other documents of the file take this merge as a model."),
        "merge_method" => new()
        {
            ["description"] = "How tensors are merged.",
            ["oneOf"] = new JsonArray([.. Methods.Select(m => new JsonObject
                { ["const"] = m.Name, ["description"] = m.Summary })]),
        },
        "base_model" => Described(Ref("reference"), "The model that task vectors are taken from."),
        "model" => Described(Ref("reference"), "The model."),
        "models" => List("model", "The models that are merged."),
        "slices" => List("slice", "Layers of the output, one run after the other."),
        "sources" => List("source", "The models of a slice, with the same number of layers each."),
        "rules" => List("rule", "Other methods for some tensors; the first rule that matches decides."),
        "modules" => new()
        {
            ["description"] = "Parts of an architecture by name, each merged by itself.",
            ["type"] = "object", ["minProperties"] = 1, ["additionalProperties"] = Ref("module"),
        },
        "tensors" => Described(Ref("tensors"), "The tensors that the rule is for."),
        "dtype" => OneWord(DTypes(), "What inputs are rounded to before the merge, and the output's dtype."),
        "out_dtype" => OneWord(DTypes(), "The output's dtype."),
        "tokenizer_source" => Described(Ref("reference"), "Whose tokenizer to take: union, base or a model."),
        "tokenizer" => Closed(KnownKeys.Tokenizer, [], "How to build the tokenizer.", _ => new JsonObject()),
        "chat_template" => Text("The chat template: auto, the name of one, or its text."),
        "layer_range" => new()
        {
            ["description"] = "The first layer and the one after the last.",
            ["type"] = "array", ["minItems"] = 2, ["maxItems"] = 2,
            ["items"] = new JsonObject
            {
                ["type"] = "integer", ["minimum"] = 0, ["maximum"] = RecipeBuilder.MaxLayers,
            },
        },
        _ => throw new InvalidOperationException(key),
    };

    static JsonObject OfSelectorKey(string key) => key switch
    {
        "name" => Text("A part of the name."),
        "regex" => Text("A regular expression that is found in the name."),
        "glob" => Text("The whole name; * stands for any characters, ? for one."),
        "class" => OneOrMore(OneWord(TensorRoleWords.All, "What the tensor does in the model.")),
        _ => OneOrMore(AnyOf(new() { ["type"] = "integer", ["minimum"] = 0 },
            new() { ["type"] = "string", ["pattern"] = Numbers })),
    };

    static JsonObject Value(Parameter parameter)
    {
        JsonObject Leaf() => LeafOf(parameter);
        JsonObject Leaves() => new() { ["type"] = "array", ["minItems"] = 1, ["items"] = Leaf() };
        JsonObject Case() => Closed(KnownKeys.Filter, ["value"], "A value for some tensors.",
            key => key == "filter" ? Ref("tensors") : AnyOf(Leaf(), Leaves()));
        var value = AnyOf(Leaf(), Leaves(),
            new() { ["type"] = "array", ["minItems"] = 1, ["items"] = Case() }, Case());
        value["description"] = parameter.Summary;
        if (DefaultOf(parameter) is { } word) value["default"] = word;
        return value;
    }

    static JsonObject LeafOf(Parameter parameter) => parameter switch
    {
        Flag => AnyOf(new() { ["type"] = "boolean" }, OneWord(["yes", "no", "on", "off", "true", "false"], ""),
            new() { ["enum"] = new JsonArray(0, 1) }),
        Choice choice => OneWord(choice.Words, ""),
        Inner inner => OneWord([.. InnerMethods.Accepted(inner).Select(m => m.Signature.Name)], ""),
        Global number => Number(number.Bounds),
        PerModel number => Number(number.Bounds),
        _ => new() { ["type"] = "string", ["minLength"] = 1 },
    };

    static JsonNode? DefaultOf(Parameter parameter) => parameter switch
    {
        Flag flag => flag.Default,
        Choice choice => choice.Default,
        Inner inner => inner.Standard.Signature.Name,
        Global number => number.Default,
        PerModel number => number.Default,
        _ => null,
    };

    static JsonObject Number(Bounds bounds)
    {
        var number = new JsonObject { ["type"] = bounds.Whole ? "integer" : "number" };
        if (double.IsFinite(bounds.Low)) number["minimum"] = bounds.Low;
        if (double.IsFinite(bounds.High)) number["maximum"] = bounds.High;
        return AnyOf(number, new() { ["type"] = "boolean" }, new() { ["type"] = "string", ["pattern"] = Numeral });
    }

    static IEnumerable<string> Names() => KnownKeys.Parameters.Concat(Parameters.Select(p => p.Name)).Distinct();

    /// <summary>Whether a model may have it: some method reads it for each model, or none reads it at all.</summary>
    static bool IsOwn(string name) =>
        Parameters.Any(p => p.Name == name && p.IsPerModel) || Parameters.All(p => p.Name != name);

    static JsonArray ByMethod(Func<MethodSignature, JsonObject> properties) =>
        new([.. Methods.Select(m => new JsonObject
        {
            ["if"] = new JsonObject
            {
                ["properties"] = new JsonObject { ["merge_method"] = new JsonObject { ["const"] = m.Name } },
            },
            ["then"] = new JsonObject { ["properties"] = properties(m) },
        })]);

    static JsonObject ParametersOf(MethodSignature method) => Ref("parameters_" + method.Name);

    static JsonObject Named(string description, IEnumerable<string> names) => new()
    {
        ["description"] = description,
        ["type"] = "object",
        ["propertyNames"] = new JsonObject { ["enum"] = new JsonArray([.. names]) },
    };

    /// <summary>A mapping that has these keys and no others.</summary>
    static JsonObject Closed(
        string[] keys, string[] required, string description, Func<string, JsonObject> of, JsonObject? more = null)
    {
        var result = more ?? [];
        result["description"] = description;
        result["type"] = "object";
        result["additionalProperties"] = false;
        result["properties"] = Object(keys.Select(k => (k, (JsonNode)of(k))));
        if (required.Length > 0) result["required"] = new JsonArray([.. required]);
        return result;
    }

    static JsonObject Closed(string[] keys, string[] required, string description, JsonObject? more = null) =>
        Closed(keys, required, description, key => key == "parameters"
            ? Ref(keys == KnownKeys.Model || keys == KnownKeys.Source ? "own_parameters" : "parameters")
            : keys == KnownKeys.Selector ? OfSelectorKey(key) : OfKey(key), more);

    static JsonObject Inside(string keyword, JsonObject properties) =>
        new() { [keyword] = new JsonObject { ["properties"] = properties } };

    static JsonObject OneOf(params string[] keys) => new()
    {
        ["oneOf"] = new JsonArray([.. keys.Select(k => new JsonObject { ["required"] = new JsonArray(k) })]),
    };

    static JsonObject OneOrMore(JsonObject item) =>
        AnyOf(item, new() { ["type"] = "array", ["minItems"] = 1, ["items"] = item.DeepClone() });

    static JsonObject List(string definition, string description) => new()
    {
        ["description"] = description, ["type"] = "array", ["minItems"] = 1, ["items"] = Ref(definition),
    };

    static IEnumerable<string> DTypes() => RecipeBuilder.DTypes.Concat(RecipeBuilder.DTypes.Select(d => "torch." + d));

    static JsonObject OneWord(IEnumerable<string> words, string description)
    {
        var result = new JsonObject { ["enum"] = new JsonArray([.. words]) };
        return description.Length == 0 ? result : Described(result, description);
    }

    static JsonObject Text(string description) =>
        Described(new() { ["type"] = "string", ["minLength"] = 1 }, description);

    static JsonObject Described(JsonObject schema, string description)
    {
        schema["description"] = description;
        return schema;
    }

    static JsonObject AnyOf(params JsonObject[] schemas) => new() { ["anyOf"] = new JsonArray([.. schemas]) };

    static JsonObject Ref(string definition) => new() { ["$ref"] = "#/$defs/" + definition };

    static JsonObject Object(IEnumerable<(string Key, JsonNode Value)> properties) =>
        new(properties.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));
}
