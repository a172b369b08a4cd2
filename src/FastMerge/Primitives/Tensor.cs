using FastMerge.Primitives.Matrices;

namespace FastMerge.Primitives;

/// <summary>What a node of a tensor expression computes for each element.</summary>
enum OpKind
{
    Base, Models,
    Add, Subtract, Multiply, Divide, Minimum, Maximum, Absolute, Negate, SquareRoot, Exp, Log, Tanh,
    Less, LessOrEqual, Equal, NotEqual, And, Or, Not, Select,
    Sign, Agrees, KeepLargest, KeepBand, RandomKeep, RandomKeepAt, RoundTo, RowRank,
    SumModels, LargestMagnitude, LargestOfModels, Matrix,
}

/// <summary>
/// A symbolic tensor: an element-wise expression over the inputs in binary32, or one for each
/// model. It has no data; a plan lowers it to passes.
/// </summary>
sealed class Tensor
{
    Tensor(OpKind kind, bool perModel, bool isMask, Tensor[] operands, Scalar[] scalars, params Cut[] cuts)
    {
        (Kind, PerModel, IsMask, Operands, Scalars, Cuts) = (kind, perModel, isMask, operands, scalars, cuts);
        Level = operands.Select(o => o.Level)
            .Concat(scalars.Select(s => s.Level)).Concat(cuts.Select(c => c.Level)).DefaultIfEmpty(0).Max();
    }

    /// <summary>The operation.</summary>
    public OpKind Kind { get; }

    /// <summary>Whether there is one tensor for each model.</summary>
    public bool PerModel { get; }

    /// <summary>Whether elements are true or false.</summary>
    public bool IsMask { get; }

    /// <summary>The tensor operands, in order.</summary>
    public IReadOnlyList<Tensor> Operands { get; }

    /// <summary>The side-value operand of arithmetic with one, or the density of a random keep.</summary>
    public IReadOnlyList<Scalar> Scalars { get; }

    /// <summary>The cuts of a keep operation.</summary>
    public IReadOnlyList<Cut> Cuts { get; }

    /// <summary>The number of readings of the inputs that come before this can be computed.</summary>
    public int Level { get; private init; }

    /// <summary>Whether the side value is the first operand (2 - x), not the second (x - 2).</summary>
    public bool ScalarFirst { get; private init; }

    /// <summary>The dtype of <see cref="OpKind.RoundTo"/>.</summary>
    public Core.DType RoundDType { get; private init; }

    /// <summary>The matrix whose elements an <see cref="OpKind.Matrix"/> has, row by row.</summary>
    public Matrix? Matrix { get; private init; }

    /// <summary>The base model's tensor.</summary>
    public static Tensor Base() => new(OpKind.Base, false, false, [], []);

    /// <summary>The other models' tensors.</summary>
    public static Tensor Models() => new(OpKind.Models, true, false, [], []);

    /// <summary>The elements of a matrix, row by row. It is computed before anything that reads it.</summary>
    public static Tensor Of(Matrix matrix) => new(OpKind.Matrix, false, false, [], []) { Matrix = matrix, Level = 1 };

    /// <summary>y[i] = a[i] + b[i].</summary>
    public static Tensor operator +(Tensor a, Tensor b) => Binary(OpKind.Add, a, b);

    /// <summary>y[i] = a[i] - b[i].</summary>
    public static Tensor operator -(Tensor a, Tensor b) => Binary(OpKind.Subtract, a, b);

    /// <summary>y[i] = a[i] * b[i].</summary>
    public static Tensor operator *(Tensor a, Tensor b) => Binary(OpKind.Multiply, a, b);

    /// <summary>y[i] = a[i] / b[i], correctly rounded.</summary>
    public static Tensor operator /(Tensor a, Tensor b) => Binary(OpKind.Divide, a, b);

    /// <summary>y[i] = a[i] * (float)b.</summary>
    public static Tensor operator *(Tensor a, Scalar b) => WithScalar(OpKind.Multiply, a, b);

    /// <summary>y[i] = (float)a * b[i].</summary>
    public static Tensor operator *(Scalar a, Tensor b) => WithScalar(OpKind.Multiply, b, a);

    /// <summary>y[i] = a[i] / (float)b, correctly rounded.</summary>
    public static Tensor operator /(Tensor a, Scalar b) => WithScalar(OpKind.Divide, a, b);

    /// <summary>y[i] = a[i] op b[i] for an operation on two tensors.</summary>
    public static Tensor Binary(OpKind kind, Tensor a, Tensor b) =>
        new(kind, a.PerModel || b.PerModel, YieldsMask(kind), [a, b], []);

    /// <summary>y[i] = op(a[i]).</summary>
    public static Tensor Unary(OpKind kind, Tensor a) => new(kind, a.PerModel, YieldsMask(kind), [a], []);

    /// <summary>y[i] = a[i] op (float)b, or (float)b op a[i] if <paramref name="scalarFirst"/>.</summary>
    public static Tensor WithScalar(OpKind kind, Tensor a, Scalar b, bool scalarFirst = false) =>
        new(kind, a.PerModel || b.PerModel, YieldsMask(kind), [a], [b]) { ScalarFirst = scalarFirst };

    /// <summary>y[i] = mask[i] ? a[i] : (float)b, or a[i] ? ... with a tensor in place of b.</summary>
    public static Tensor Choose(Tensor mask, Tensor a, Tensor b) =>
        new(OpKind.Select, mask.PerModel || a.PerModel || b.PerModel, false, [mask, a, b], []);

    /// <summary>y[i] = mask[i] ? a[i] : (float)b.</summary>
    public static Tensor Choose(Tensor mask, Tensor a, Scalar b) =>
        new(OpKind.Select, mask.PerModel || a.PerModel || b.PerModel, false, [mask, a], [b]);

    /// <summary>y[i] = mask[i] ? (float)a : (float)b.</summary>
    public static Tensor Choose(Tensor mask, Scalar a, Scalar b) =>
        new(OpKind.Select, mask.PerModel || a.PerModel || b.PerModel, false, [mask], [a, b]);

    /// <summary>y[i] = element i is within the cut ? a[i] : 0.</summary>
    public static Tensor Keep(Tensor a, Cut cut) => new(OpKind.KeepLargest, a.PerModel, false, [a], [], cut);

    /// <summary>y[i] = element i is within the outer cut and not within the inner one ? a[i] : 0.</summary>
    public static Tensor Keep(Tensor a, Cut outer, Cut inner) =>
        new(OpKind.KeepBand, a.PerModel, false, [a], [], outer, inner);

    /// <summary>y[i] = kept with probability density ? a[i] : 0.</summary>
    public static Tensor KeepAtRandom(Tensor a, Scalar density) =>
        new(OpKind.RandomKeep, a.PerModel, false, [a], [density]);

    /// <summary>y[i] = kept with probability density[i] ? a[i] : 0.</summary>
    public static Tensor KeepAtRandom(Tensor a, Tensor density) =>
        new(OpKind.RandomKeepAt, a.PerModel || density.PerModel, false, [a, density], []);

    /// <summary>y[i] = a[i] rounded to a storage dtype and back.</summary>
    public static Tensor Round(Tensor a, Core.DType dtype) =>
        new(OpKind.RoundTo, a.PerModel, false, [a], []) { RoundDType = dtype };

    /// <summary>y[i] = sum over the models of a[i], in model order.</summary>
    public static Tensor SumOverModels(Tensor a) => FoldOverModels(OpKind.SumModels, a);

    /// <summary>y[i] = a fold over the models of a[i], in model order.</summary>
    public static Tensor FoldOverModels(OpKind kind, Tensor a) => new(kind, false, false, [a], []);

    /// <summary>Whether an operation makes one value of the models' values.</summary>
    public static bool IsFold(OpKind kind) =>
        kind is OpKind.SumModels or OpKind.LargestMagnitude or OpKind.LargestOfModels;

    static bool YieldsMask(OpKind kind) => kind is OpKind.Less or OpKind.LessOrEqual or OpKind.Equal
        or OpKind.NotEqual or OpKind.And or OpKind.Or or OpKind.Not or OpKind.Agrees;
}
