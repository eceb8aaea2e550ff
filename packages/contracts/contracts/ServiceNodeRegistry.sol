// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712Upgradeable} from "@openzeppelin/contracts-upgradeable/utils/cryptography/EIP712Upgradeable.sol";
import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IServiceNodeRegistry, Node, Registration} from "./interfaces/IServiceNodeRegistry.sol";
import {Bls} from "./libraries/Bls.sol";
import {Digests} from "./libraries/Digests.sol";
import {NodeViews} from "./libraries/NodeViews.sol";
import {RegistrationLib} from "./libraries/RegistrationLib.sol";
import {RewardsStorage} from "./libraries/RewardsStorage.sol";
import {SignatureCheck} from "./libraries/SignatureCheck.sol";

/// @title The node set and `verify`, which every message kind goes through (P-23).
/// @dev In: digests, aggregate signatures, id lists. Out: the stake that signed. The inheriting contract handles money
/// and quorums.
abstract contract ServiceNodeRegistry is IServiceNodeRegistry, EIP712Upgradeable {
    /// @inheritdoc IServiceNodeRegistry
    function verify(
        bytes32 digest,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) public view returns (uint256 signedActive, uint256 signedFloor) {
        return SignatureCheck.verify(digest, signature, nonSigners, extraSigners);
    }

    /// @inheritdoc IServiceNodeRegistry
    function packNodes() external {
        RegistrationLib.pack();
    }

    /// @inheritdoc IServiceNodeRegistry
    function packedGroups() external view returns (uint256) {
        return RewardsStorage.load().packedGroups;
    }

    /// @inheritdoc IServiceNodeRegistry
    function activeStake() public view returns (uint256) {
        return RewardsStorage.load().activeStake;
    }

    /// @inheritdoc IServiceNodeRegistry
    function decommissionedStake() public view returns (uint256) {
        return RewardsStorage.load().decommissionedStake;
    }

    /// @inheritdoc IServiceNodeRegistry
    function aggregatePublicKey() external view returns (BLS.G1Point memory) {
        return Bls.unpack(RewardsStorage.load().aggregateKey);
    }

    /// @inheritdoc IServiceNodeRegistry
    function nextId() external view returns (uint64) {
        return RewardsStorage.load().nextId;
    }

    /// @inheritdoc IServiceNodeRegistry
    function nodeCount() external view returns (uint256) {
        return RewardsStorage.load().nodeCount;
    }

    /// @inheritdoc IServiceNodeRegistry
    function activeBitmap(uint256 word) external view returns (uint256) {
        return RewardsStorage.load().activeBitmap[word];
    }

    /// @inheritdoc IServiceNodeRegistry
    function node(uint64 id) external view returns (Node memory) {
        return NodeViews.node(id);
    }

    /// @inheritdoc IServiceNodeRegistry
    function nodes(uint64 from, uint64 count) external view returns (Node[] memory) {
        return NodeViews.nodes(from, count);
    }

    /// @inheritdoc IServiceNodeRegistry
    function nodesOf(address account) external view returns (uint64[] memory) {
        return NodeViews.nodesOf(account, 0, type(uint64).max);
    }

    /// @inheritdoc IServiceNodeRegistry
    function nodesOf(address account, uint64 from, uint64 count) external view returns (uint64[] memory) {
        return NodeViews.nodesOf(account, from, count);
    }

    /// @inheritdoc IServiceNodeRegistry
    function remainingRegistrations() external view returns (uint256 left) {
        (left,) = RegistrationLib.registrationsLeft();
    }

    /// @inheritdoc IServiceNodeRegistry
    function checkRegistration(Registration calldata registration, address operator) external view {
        RegistrationLib.check(_domainSeparator(), registration, operator);
    }

    /// @inheritdoc IServiceNodeRegistry
    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    /// @inheritdoc IServiceNodeRegistry
    function nodeIdOf(BLS.G1Point calldata blsKey) external view returns (uint64) {
        return RewardsStorage.load().idOfKey[keccak256(abi.encode(Bls.pack(blsKey)))];
    }

    /// @inheritdoc IServiceNodeRegistry
    function hashProofOfPossession(BLS.G1Point calldata blsKey, address operator, bytes32 identityKey)
        external
        view
        returns (bytes32)
    {
        return Digests.proofOfPossession(_domainSeparator(), Bls.pack(blsKey), operator, identityKey);
    }

    /// @dev What `_domainSeparatorV4` gives, from constants: OpenZeppelin's hashes both names in each call.
    function _domainSeparator() internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("ServiceNodeRewards"),
                keccak256("1"),
                block.chainid,
                address(this)
            )
        );
    }

    /// @dev The domain of P-4, constant so that it costs no storage read.
    function _EIP712Name() internal pure override returns (string memory) {
        return "ServiceNodeRewards";
    }

    /// @dev See `_EIP712Name`.
    function _EIP712Version() internal pure override returns (string memory) {
        return "1";
    }
}
