// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Registration} from "./interfaces/IServiceNodeRegistry.sol";
import {IServiceNodeContribution} from "./interfaces/IServiceNodeContribution.sol";
import {IServiceNodeContributionFactory} from "./interfaces/IServiceNodeContributionFactory.sol";
import {IServiceNodeRewards} from "./interfaces/IServiceNodeRewards.sol";
import {ServiceNodeContribution} from "./ServiceNodeContribution.sol";

/// @title Makes contribution contracts as minimal clones (P-45).
/// @dev No owner, no upgrade: the rewards contract trusts a clone because its code can only be this one. Another
/// version is another factory, which the owner of the rewards contract names there.
contract ServiceNodeContributionFactory is IServiceNodeContributionFactory {
    /// @inheritdoc IServiceNodeContributionFactory
    IServiceNodeRewards public immutable rewards;
    /// @inheritdoc IServiceNodeContributionFactory
    address public immutable implementation;
    /// @inheritdoc IServiceNodeContributionFactory
    mapping(address contribution => bool) public isContribution;

    /// @param rewards_ The rewards contract.
    constructor(IServiceNodeRewards rewards_) {
        rewards = rewards_;
        implementation = address(new ServiceNodeContribution(rewards_));
    }

    /// @inheritdoc IServiceNodeContributionFactory
    function create(Registration calldata registration) external returns (IServiceNodeContribution contribution) {
        address clone = Clones.clone(implementation);
        isContribution[clone] = true;
        emit ContributionCreated(clone, msg.sender);
        contribution = IServiceNodeContribution(clone);
        contribution.initialize(msg.sender, registration);
    }
}
