using FastMerge.Core;
using FastMerge.Primitives;
using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>Finds the values of the parameters of a method, and of one that it is built around, for one
/// tensor.</summary>
/// <param name="slice">Where the tensor belongs.</param>
/// <param name="levels">Which level of the recipe decides there.</param>
/// <param name="models">The sources that have it, without the base; indexes into the slice's.</param>
/// <param name="inputs">The tensor in each of those models.</param>
/// <param name="output">The tensor in the output.</param>
/// <param name="position">Of its layer in the slice, from 0 to 1; 0 outside the layers.</param>
sealed class ValueSearch(
    LayerSlice slice, ParameterLevels levels, IReadOnlyList<int> models, IReadOnlyList<TensorTraits> inputs,
    TensorTraits output, double position)
{
    readonly Dictionary<Parameter, double[]> _values = [];
    readonly List<string> _files = [];

    /// <summary>Where the method's name stands.</summary>
    public required SourceSpan Name { get; init; }

    /// <summary>What a file says of every model of the slice.</summary>
    public required Func<Table, string, FileNumbers> FileOf { get; init; }

    /// <summary>The models of the slice that the method takes.</summary>
    public required int[] AllModels { get; init; }

    /// <summary>Where a key stands although it has no effect there, as the end of a sentence.</summary>
    public required Func<string, string> Misplaced { get; init; }

    /// <summary>All values.</summary>
    /// <exception cref="FastMergeException">Recipe: a required parameter is missing, or values do not go
    /// together.</exception>
    public ParameterValues Find(MergeMethod method)
    {
        var switches = SwitchesOf(method, null);
        return new(_values, switches, _files);
    }

    MethodSwitches SwitchesOf(MergeMethod method, MethodSignature? outer)
    {
        var on = new List<Parameter>();
        var words = new Dictionary<Choice, string>();
        var ofMethod = outer is null ? "" : $" of inner method {method.Signature.Name}";
        Inner? key = null;
        foreach (var parameter in method.Signature.Parameters)
        {
            if (parameter is Inner inner) key = inner;
            else if (IsFixed(parameter)) on.AddRange(parameter is Flag { Default: true } ? [parameter] : []);
            else if (parameter is Choice choice)
            {
                if (Shared(choice) is { } word) words[choice] = ParameterCheck.WordOf(choice, word);
            }
            else if (Read(parameter, ofMethod)) on.Add(parameter);
        }
        var switches = new MethodSwitches(on, words, key is null ? null : InnerOf(key, method.Signature));
        if (method.Complaint(switches, Value) is { } complaint)
            throw RecipeError.At(
                Name, outer is null ? complaint : $"inner method {method.Signature.Name}: {complaint}");
        return switches;

        double[] Value(Parameter p) => !IsFixed(p) ? _values[p]
            : [.. Enumerable.Repeat(InnerMethod.DefaultOf(p), p.IsPerModel ? models.Count : 1)];

        bool IsFixed(Parameter p) => outer is not null && !InnerMethod.Reads(outer, p);
    }

    InnerMethod InnerOf(Inner key, MethodSignature outer)
    {
        var word = Shared(key);
        var method = InnerMethods.Find(key, word);
        var inner = new InnerMethod(method, SwitchesOf(method, outer), outer);
        InnerMethods.Require(key, inner, models.Count, word?.Span ?? Name);
        return inner;
    }

    /// <summary>Notes the values of a parameter; whether it is a switch that is on.</summary>
    bool Read(Parameter parameter, string ofMethod)
    {
        switch (parameter)
        {
            case Flag flag:
                return Shared(flag)?.AsBoolean() ?? flag.Default;
            case Global global:
                var number = Shared(global)?.AsNumber();
                if ((number ?? global.Default) is { } known) _values[global] = [known];
                else if (!global.Optional) throw Missing(Name, global, ofMethod, output);
                return global.Optional && number is not null;
            case Table table when Shared(table) is { } path:
                var (ofModels, sha256) = FileOf(table, path.Text);
                _values[table] = [.. models.Select(m => ofModels[Array.IndexOf(AllModels, m)])];
                _files.Add(sha256);
                return table.Optional;
            case Table { Optional: false } table:
                throw Missing(Name, table, ofMethod, output);
            case PerModel perModel:
                var numbers = models.Select((m, i) => levels.OfSource(
                    slice.Sources[m], perModel.Name, inputs[i], position)?.AsNumber()).ToArray();
                var isUnset = perModel.Optional && numbers.All(n => n is null);
                _values[perModel] = [.. numbers.Select((n, i) => n ?? perModel.Default ?? (isUnset ? 1
                    : throw Missing(slice.Sources[models[i]].Span, perModel, ofMethod, inputs[i])))];
                return perModel.Optional && !isUnset;
            default:
                return false;
        }
    }

    ResolvedValue? Shared(Parameter parameter) => levels.Shared(parameter.Name, output, position);

    FastMergeException Missing(SourceSpan span, Parameter parameter, string ofMethod, TensorTraits tensor) =>
        RecipeError.At(span, $"parameter '{parameter.Name}'{ofMethod} is required and missing"
            + (tensor.Name.Length == 0 ? "" : $" for tensor {DisplayText.Escape(tensor.Name)}")
            + Misplaced(parameter.Name));
}
